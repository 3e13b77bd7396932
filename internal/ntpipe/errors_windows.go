package ntpipe

import (
	"cmp"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

var (
	errClosed     = backend.ErrPipeClosed
	errNoMessages = fmt.Errorf("%w: the pipe has bytes, not messages", backend.ErrInvalidUse)
	errNotServer  = fmt.Errorf("%w: only the server can disconnect: close it", backend.ErrInvalidUse)
	errWrongWay   = fmt.Errorf("%w: the pipe does not go this way", backend.ErrPermission)
	errTooLong    = fmt.Errorf("%w: a message has at most %d bytes", backend.ErrInvalid, backend.MaxMessage)
	errShut       = fmt.Errorf("%w: CloseWrite was called", backend.ErrBrokenPipe)
	errGiven      = fmt.Errorf("%w: it was handed to another process: all that is left to do here is Close", backend.ErrInvalidUse)
	errInUse      = fmt.Errorf("%w: it is being read from or written to, so it cannot be handed over", backend.ErrInvalidUse)
	errInside     = fmt.Errorf("%w: a message is half read, so it cannot be handed over", backend.ErrInvalidUse)
	errOther      = fmt.Errorf("%w: the handle is of another end, or another pipe", backend.ErrNotExist)
	errHalfOpen   = fmt.Errorf("%w: a pipe of bytes cannot be closed for writing alone on Windows: use MessageMode", backend.ErrUnsupported)
)

// sentinels gives the errors of Win32 the meaning that they have for pipes alone.
var sentinels = map[syscall.Errno]error{
	windows.ERROR_PIPE_BUSY:          backend.ErrPipeBusy,
	windows.ERROR_PIPE_NOT_CONNECTED: backend.ErrPipeNotConnected,
	windows.ERROR_BROKEN_PIPE:        backend.ErrBrokenPipe,
	windows.ERROR_NO_DATA:            backend.ErrBrokenPipe,
	windows.ERROR_BAD_PIPE:           backend.ErrBrokenPipe, // of a transaction: both modes are checked before
}

// wrap puts the sentinel of this project before an error of the system, which
// stays reachable as a syscall.Errno.
func wrap(err error) error {
	var code syscall.Errno
	if !errors.As(err, &code) {
		return err
	}
	if sentinel := cmp.Or(sentinels[code], win32.Sentinel(code)); sentinel != nil {
		return fmt.Errorf("%w: %w", sentinel, code)
	}
	return err
}
