package ipc

import (
	"os"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/unixpipe"
)

// userPipes opens the pipes of the current user, globalPipes those of the
// machine, directoryPipes those in the directory of an open namespace.

func userPipes() (backend.Pipes, error) { return openPipes(linux.UserDir(), linux.Access{}, true) }

func globalPipes() (backend.Pipes, error) {
	p, err := openPipes(linux.GlobalDir, globalAccess, false)
	return p, explainGlobal(err)
}

func directoryPipes(n *engineNamespace, group string) (backend.Pipes, error) {
	access, err := accessOf(group)
	if err != nil {
		return nil, err
	}
	p, err := openPipes(n.Dir(), access, false)
	gone := n.StillThere() // after the directory was looked up: another may have taken its place
	if gone == nil {
		return p, err
	}
	if err == nil {
		p.Close()
	}
	return nil, gone
}

func openPipes(dir string, access linux.Access, create bool) (backend.Pipes, error) {
	p, err := unixpipe.Open(dir, access, create)
	if err != nil {
		return nil, linuxError(err)
	}
	return p, nil
}

func anonymousPipe() (r, w *os.File, err error) {
	r, w, err = os.Pipe()
	return r, w, linux.Explain(err)
}

// errNobodyReads is the system's error of a write to an anonymous pipe that
// nobody reads.
const errNobodyReads = syscall.EPIPE
