package ipc

import (
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// The errors of pipes, beside the general ones. One whose handle was closed
// is net.ErrClosed as well as [ErrClosed]; one whose deadline has passed is
// os.ErrDeadlineExceeded.
var (
	// ErrPipeBusy: all instances of the pipe are in use, or a message that was
	// not read is in the way of a transaction. Nothing was changed.
	ErrPipeBusy = backend.ErrPipeBusy
	// ErrPipeNotConnected: the server has disconnected the client. What was not
	// read by then is gone.
	ErrPipeNotConnected = backend.ErrPipeNotConnected
	// ErrBrokenPipe: the other end is closed, so that nobody will read what is
	// written. It comes with the system's own error (EPIPE on Unix).
	ErrBrokenPipe = backend.ErrBrokenPipe
	// ErrPipeProtocol: the other end sends what no version of this package
	// sends. The connection is of no more use.
	ErrPipeProtocol = backend.ErrPipeProtocol
)

// pipeWayOut is wayOut for the errors of pipes.
func pipeWayOut(e *Error) string {
	switch e.Err {
	case ErrNotExist:
		if e.Op == "dial pipe" || e.Op == "call pipe" {
			return "nobody listens: start its server, which calls ListenPipe"
		}
	case ErrPipeBusy:
		return "wait with DialPipe, or let the server have more instances"
	case ErrPipeNotConnected:
		return "close it and dial again"
	}
	return ""
}

// errPipeClosed is ErrClosed and net.ErrClosed.
var errPipeClosed = backend.ErrPipeClosed

var errBytes = fmt.Errorf("%w: the pipe has bytes, not messages", ErrInvalidUse)
