package conformance_test

import (
	"slices"
	"testing"

	"github.com/winsys-go/ipc/internal/conformance"
)

// TestEveryCase compares the suite with the list of the document: every case
// is played, or says in its skip why it cannot be. Those of mailslots are in the
// root package (TestMailslotCases), which compares them itself.
func TestEveryCase(t *testing.T) {
	ofMailslots := func(id string) bool { return id[:2] == "MS" }
	listed, present := slices.DeleteFunc(conformance.Listed(), ofMailslots), conformance.IDs()
	for _, id := range listed {
		if !slices.Contains(present, id) {
			t.Errorf("there is no case for %s", id)
		}
	}
	for i, id := range present {
		if !slices.Contains(listed, id) {
			t.Errorf("%s is not in ids.txt", id)
		}
		if slices.Contains(present[:i], id) {
			t.Errorf("%s is there twice", id)
		}
	}
}
