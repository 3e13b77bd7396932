package ipc_test

import "testing"

// globalDir only says that names with Global\ are possible, always and in a
// place of the system's own.
func globalDir(*testing.T) string { return "there" }

// differs are the cases that Windows answers otherwise than the list, or that
// Wine answers otherwise than Windows, with the reason.
var differs = map[string]string{
	"SE-x1": "ReclaimOnExit is refused: the kernel of Windows has no such semaphores",
}
