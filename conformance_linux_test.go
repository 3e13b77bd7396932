package ipc_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/linux"
)

// differs is empty: this system can be asked everything.
func differs(bool) map[string]string { return nil }

// globalDir sets up a directory for names with Global\, which takes root, and
// makes the package use it. It is empty when that is not possible.
func globalDir(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		return ""
	}
	parent, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	dir := filepath.Join(parent, "global")
	if err := linux.SetupGlobal(dir, os.Getegid()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ipc.SetGlobalDir(dir))
	return dir
}
