package ipc_test

import (
	"os"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/internal/testproc"
)

// globalDir only says that names with Global\ are possible, always and in a
// place of the system's own.
func globalDir(*testing.T) string { return "there" }

// differs are the cases that Windows answers otherwise than the list, or that
// Wine answers otherwise than Windows documents, with the reason.
func differs(processes bool) map[string]string {
	list := map[string]string{
		"SE-x1": "ReclaimOnExit is refused: the kernel of Windows has no such semaphores",
	}
	if processes {
		list["MU-x9"] = "Windows ends the threads of a process one after the other: what the end of the first frees, the second may still get"
	}
	if testproc.UnderWine() {
		list["TI-11"] = "Wine leaves an auto-reset timer signalled when it is set"
		list["AC-11/again"] = "Wine lets an existing object be created again without any right"
		list["AC-x2"] = "Wine lets an existing object be opened without any right"
	}
	return list
}

// TestDifferencesAreWritten: the document has every case that is left out here.
func TestDifferencesAreWritten(t *testing.T) {
	text := string(must(os.ReadFile("docs/windows.md")))
	for key := range differs(true) {
		if id, _, _ := strings.Cut(key, "/"); !strings.Contains(text, id) {
			t.Errorf("docs/windows.md does not say why %s is left out", id)
		}
	}
}
