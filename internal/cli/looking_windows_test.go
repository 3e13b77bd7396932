package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/internal/testproc"
)

// statusOfKilled is that of a process that was killed.
const statusOfKilled = 1

// tellsOwners reports whether the system says who owns a mutex.
func tellsOwners() bool { return !testproc.UnderWine() }

// ownerShown is how the owner of a mutex is shown.
func ownerShown(t *testing.T, dir string, owner *process) string {
	if !tellsOwners() {
		return "unknown"
	}
	o, ok := lookUp(t, dir, "m")
	if !ok || o.Owner == nil {
		t.Fatal("the mutex has no owner")
	}
	return fmt.Sprintf("%d %s", owner.cmd.Process.Pid, o.Owner.Command)
}

// TestLooking checks that ls and show see what Windows tells, say what it does
// not, and disturb nothing.
func TestLooking(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	keep(t, dir, "event", "create", "e", "--set")
	keep(t, dir, "timer", "set", "t", "--after", "1h", "--create")
	owner := start(t, dir, "mutex", "hold", "m")
	owner.expect("locked mutex:m")
	waiter := start(t, dir, "wait", "--all", "mutex:m", "event:e")
	untilWaiters(t, dir, "m", 1)
	limiter := start(t, dir, "semaphore", "run", "s", "--max", "5", "--", self(t), "helper-cat")
	limiter.expect("runs")

	shown := ownerShown(t, dir, owner)
	ownerToo := ""
	if !tellsOwners() {
		ownerToo = "who owns it\n"
	}
	for range 3 { // looking changes nothing
		got := squeeze(must(t, dir, "ls"))
		check(t, untilHour(got), `
NAME TYPE STATE OWNER WAITERS HANDLES
e event set - 1+ 2
m mutex owned `+shown+` 1+ 2
s semaphore 4/5 - ? 1
t timer due in … unless cancelled - ? 1
`)
		check(t, squeeze(must(t, dir, "show", "mutex:m")), `
mutex:m
state owned
owner `+shown+`
permanent no
handles 2
waiters 1 known
not told who has it open
who waits
waits of programs that do not use this package
`+ownerToo)
		check(t, squeeze(must(t, dir, "show", "semaphore:s")), `
semaphore:s
state 4/5
permits 4 of 5
reclaim no
permanent no
handles 1
waiters none known
not told who has it open
who waits
waits of programs that do not use this package
`)
	}
	checkJSON(t, dir, owner)

	owner.in.Close()
	waiter.expect("mutex:m")
	limiter.in.Close()
	for _, p := range []*process{owner, waiter, limiter} {
		p.ends()
	}
}

// untilHour makes a table independent of the time until a timer of an hour is
// due.
func untilHour(text string) string {
	before, rest, _ := strings.Cut(text, "due in ")
	_, after, ok := strings.Cut(rest, " ")
	if !ok {
		return text
	}
	return before + "due in … " + after
}

// checkJSON checks that show prints the documented fields, names those that
// Windows keeps to itself, and has no number that it does not know.
func checkJSON(t *testing.T, dir string, owner *process) {
	t.Helper()
	for _, test := range []struct {
		object  string
		waiters any
		notTold []string
	}{
		{"mutex:m", 1.0, []string{"holders", "waiting", "waiters"}},
		{"semaphore:s", nil, []string{"holders", "waiting", "waiters"}},
		{"timer:t", nil, []string{"holders", "waiting", "waiters", "period_ns", "due", "manual_reset"}},
	} {
		text := must(t, dir, "show", test.object, "--json")
		var fields map[string]any
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if fields["waiters"] != test.waiters {
			t.Errorf("waiters are %v, want %v", fields["waiters"], test.waiters)
		}
		notTold := test.notTold
		if o, isMutex := fields["owner"].(map[string]any); isMutex && tellsOwners() {
			if o["pid"] != float64(owner.cmd.Process.Pid) {
				t.Errorf("the owner is %v", o)
			}
		} else if isMutex {
			notTold = append(notTold, "owner")
			if _, said := o["pid"]; said {
				t.Errorf("the owner is %v, though Windows does not tell", o)
			}
		}
		if got := fmt.Sprint(fields["not_told"]); got != fmt.Sprint(notTold) {
			t.Errorf("%s: not told is %s, want %v", test.object, got, notTold)
		}
	}
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(must(t, dir, "ls", "--json")), &list); err != nil || len(list) != 4 {
		t.Fatalf("ls --json: %d objects, %v", len(list), err)
	}
	show := strings.TrimSpace(must(t, dir, "show", "mutex:m", "--json"))
	if !slices.ContainsFunc(list, func(o json.RawMessage) bool { return string(o) == show }) {
		t.Errorf("ls --json has no %s", show)
	}
}
