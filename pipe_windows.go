package ipc

import (
	"os"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/nt"
	"github.com/winsys-go/ipc/internal/ntpipe"
)

// The kernel has one space of names for the pipes of all sessions.

func userPipes() (backend.Pipes, error)   { return ntpipe.Open(""), nil }
func globalPipes() (backend.Pipes, error) { return ntpipe.Open(nt.Global), nil }

// directoryPipes opens the pipes of the namespace that a directory stands for.
func directoryPipes(n *engineNamespace, _ string) (backend.Pipes, error) {
	prefix, err := nt.DirectoryPrefix(n.Dir())
	return ntpipe.Open(prefix), err
}

func anonymousPipe() (r, w *os.File, err error) { return ntpipe.Anonymous() }

// errNobodyReads is the system's error of a write to an anonymous pipe that
// nobody reads.
const errNobodyReads = windows.ERROR_NO_DATA
