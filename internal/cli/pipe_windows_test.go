package cli

import (
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/nt"
)

// stateOfBusyPipe is how ls shows a pipe with one client: how many there are nobody
// is told.
const stateOfBusyPipe = "served"

// halfCloses tells whether a client can say that it has sent all, and then read.
func halfCloses(mode []string) bool { return slices.Contains(mode, "--message") }

// interrupt ends the process: a Ctrl-C would be for all of the console.
func (p *process) interrupt(string) {
	p.t.Helper()
	p.kill("")
}

var waitNamedPipe = syscall.NewLazyDLL("kernel32.dll").NewProc("WaitNamedPipeW")

// untilClients returns when a pipe has as many clients as it can have. Less is not
// to be seen.
func untilClients(t *testing.T, dir, name string, many int) {
	t.Helper()
	if p := pipeOf(dir, name); p == nil || many < p.MaxInstances {
		return
	}
	prefix, err := nt.DirectoryPrefix(dir)
	if err != nil {
		t.Fatal(err)
	}
	path, err := windows.UTF16PtrFromString(`\\.\pipe\` + prefix + name)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "all instances of "+name+" are busy", func() bool {
		free, _, err := waitNamedPipe.Call(uintptr(unsafe.Pointer(path)), 1)
		return free == 0 && err == windows.ERROR_SEM_TIMEOUT
	})
}

// clientsShown is what show tells of a pipe's clients.
func clientsShown(int, *ipc.PipeInfo) string {
	return "not told how many clients there are, and who\n"
}

// clientsInJSON is the end of a pipe's JSON.
func clientsInJSON(int, *ipc.PipeInfo) string { return "}" }

// serverShown is a pipe's server in text: what it runs is not told.
func serverShown(pid int) string { return strconv.Itoa(pid) }

// serverInJSON is serverShown in JSON.
func serverInJSON(pid int) string { return fmt.Sprintf(`{"pid":%d,"command":""}`, pid) }
