package ipc_test

import (
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc"
)

// pipeParent is where the directories of namespaces go, which on Windows are
// names and nothing else.
const pipeParent = ""

// errBrokenPipe is the system's error of a write that nobody will read.
const errBrokenPipe = windows.ERROR_NO_DATA

// errSecurity is what a descriptor comes to that is none.
var errSecurity = ipc.ErrInvalid

// pipeDeviations are cases that this system is known to play otherwise.
func pipeDeviations() map[string]string { return nil }

// thisUser is how a peer is told who the user of this process is.
func thisUser(t testing.TB) string {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	return user.User.Sid.String()
}

// wantPipeFiles looks for pipes that are left in a namespace.
func wantPipeFiles(t testing.TB, dir string, want ...string) {
	t.Helper()
	n := must(ipc.OpenNamespace(dir, nil))
	defer n.Close()
	if got := must(n.Pipes()); len(got) != len(want) {
		t.Errorf("there are the pipes %+v, want %q", got, want)
	}
}

// descriptors counts the handles of this process.
func descriptors(t testing.TB) int {
	t.Helper()
	var n uint32
	r, _, err := syscall.NewLazyDLL("kernel32.dll").NewProc("GetProcessHandleCount").Call(
		uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n)))
	if r == 0 {
		t.Fatal(err)
	}
	return int(n)
}
