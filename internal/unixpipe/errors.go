//go:build linux

package unixpipe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// errBroken is what writes to an end that is gone return.
var errBroken = fmt.Errorf("%w: %w", backend.ErrBrokenPipe, syscall.EPIPE)

// errNothing says that an operation that does not block found nothing.
var errNothing = errors.New("nothing there")

// explain says what to do where there is no room for the files of a pipe.
func explain(err error) error {
	err = linux.Explain(err)
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) {
			return fmt.Errorf("%w: %w", backend.ErrNoSpace, err)
		}
	}
	return err
}

// mend turns the errors of package net into those of pipes.
func mend(err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.Is(err, net.ErrClosed):
		return backend.ErrPipeClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return os.ErrDeadlineExceeded
	case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		return errBroken
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// mendRead is mend for reads. A peer that closes without having read all that
// it was sent resets the connection, which for a reader is the end.
func mendRead(err error) error {
	if errors.Is(err, syscall.ECONNRESET) {
		return io.EOF
	}
	return mend(err)
}

var (
	errShut       = fmt.Errorf("%w: CloseWrite was called", errBroken)
	errWrongWay   = fmt.Errorf("%w: the pipe does not go this way", backend.ErrPermission)
	errNotServer  = fmt.Errorf("%w: only the server disconnects: use Close", backend.ErrInvalidUse)
	errNoMessages = fmt.Errorf("%w: the pipe has bytes, not messages", backend.ErrInvalidUse)
	errTooLong    = fmt.Errorf("%w: a message has at most %d bytes", backend.ErrInvalid, backend.MaxMessage)
)
