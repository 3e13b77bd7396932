package cli

import "testing"

// What a user is told to run is for the same namespace, and fit to be pasted into
// a shell.
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		app  app
		want string
	}{
		{app{}, "ipc event create 'two words'"},
		{app{dir: "/run/x"}, "ipc --namespace /run/x event create 'two words'"},
		{app{dir: "/run/my x", group: "staff"}, "ipc --namespace '/run/my x' --group staff event create 'two words'"},
	} {
		if got := c.app.advice("event", "create", "two words"); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
