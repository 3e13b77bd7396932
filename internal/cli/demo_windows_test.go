package cli

import (
	"path/filepath"
	"testing"
)

// demoProcesses finds the processes of a demonstration by what they have open:
// an object is there as long as somebody does.
func demoProcesses(t *testing.T, dir string) (found []string) {
	a := &app{dir: filepath.Join(dir, "ns")}
	defer a.closeNamespace()
	list, err := a.objects()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		found = append(found, "somebody who has "+o.Type+":"+o.Name)
	}
	return found
}
