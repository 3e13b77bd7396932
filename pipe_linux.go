package ipc

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/unixpipe"
)

// userPipes opens the pipes of the current user, globalPipes those of the
// machine, directoryPipes those of a namespace that exists.

func userPipes() (backend.Pipes, error) { return openPipes(linux.UserDir(), linux.Access{}, true) }

func globalPipes() (backend.Pipes, error) {
	p, err := openPipes(linux.GlobalDir, globalAccess, false)
	return p, explainGlobal(err)
}

func directoryPipes(dir, group string) (backend.Pipes, error) {
	access, err := accessOf(group)
	if err != nil {
		return nil, err
	}
	p, err := openPipes(dir, access, false)
	if errors.Is(err, ErrNotExist) { // the namespace was opened, so it was there
		err = fmt.Errorf("%w: %v: close every handle and start again", ErrDeleted, err)
	}
	return p, err
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
