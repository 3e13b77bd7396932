//go:build !linux && !windows

package ipc

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
)

var errNoPipes = fmt.Errorf("%w: there are no named pipes for %s yet: use Linux or Windows", ErrUnsupported, runtime.GOOS)

func userPipes() (backend.Pipes, error)                              { return nil, errNoPipes }
func globalPipes() (backend.Pipes, error)                            { return nil, errNoPipes }
func directoryPipes(*engineNamespace, string) (backend.Pipes, error) { return nil, errNoPipes }

func anonymousPipe() (r, w *os.File, err error) { return os.Pipe() }

const errNobodyReads = syscall.EPIPE
