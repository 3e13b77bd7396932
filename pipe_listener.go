package ipc

import (
	"context"
	"net"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A PipeListener is the server of a pipe. It is a net.Listener.
//
// Its methods may be called from any goroutine. A nil or closed PipeListener
// gives errors, never a panic.
type PipeListener struct {
	native backend.PipeListener
	name   string
	addr   *PipeAddr
}

var _ net.Listener = (*PipeListener)(nil)

// A PipeAddr is the address of a pipe.
type PipeAddr struct {
	// Name is the name, without a prefix.
	Name string
	// Path is the Unix socket by which programs that do not use this package
	// reach the pipe (`socat - UNIX-CONNECT:PATH`). They read and write bytes,
	// whatever the mode of the pipe; it depends on the name alone, and is the name
	// in lower case after "pipe." where that has at most 64 of a-z, 0-9, ".", "-"
	// and "_". Only a listener's address has it, and not on Windows.
	Path string
}

// Network is "pipe".
func (*PipeAddr) Network() string { return "pipe" }

// String gives the name with its prefix, as Windows writes it.
func (a *PipeAddr) String() string { return pipePrefix + a.Name }

// Accept is [PipeListener.AcceptPipe] until the deadline, for net.Listener.
func (l *PipeListener) Accept() (net.Conn, error) {
	c, err := l.AcceptPipe(context.Background())
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptPipe waits for the next client until ctx is done. A client that has come
// and gone is a connection too, from which what it wrote is read. A want of
// descriptors or memory makes it wait, not fail.
//
//   - [ErrClosed], which is net.ErrClosed too: the listener was closed.
//   - os.ErrDeadlineExceeded: the deadline has passed.
//   - the context's error.
func (l *PipeListener) AcceptPipe(ctx context.Context) (*PipeConn, error) {
	if l == nil || l.native == nil {
		return nil, failNil("accept from pipe")
	}
	native, err := l.native.Accept(ctx)
	if err != nil {
		return nil, fail("accept from pipe", l.name, err)
	}
	return &PipeConn{native: native, name: l.name, addr: l.addr}, nil
}

// SetDeadline ends every Accept, also of the future, at t. The zero value
// means never.
func (l *PipeListener) SetDeadline(t time.Time) error {
	if l == nil || l.native == nil {
		return failNil("set deadline of pipe")
	}
	if err := l.native.SetDeadline(t); err != nil {
		return fail("set deadline of pipe", l.name, err)
	}
	return nil
}

// Close gives the name up; blocked Accepts return ErrClosed, and clients that
// were not accepted are turned away. Connections that were accepted go on.
// Closing it again does nothing.
func (l *PipeListener) Close() error {
	if l == nil || l.native == nil {
		return failNil("close pipe")
	}
	if err := l.native.Close(); err != nil {
		return fail("close pipe", l.name, err)
	}
	return nil
}

// Addr gives the name of the pipe, as a *[PipeAddr].
func (l *PipeListener) Addr() net.Addr {
	if l == nil || l.addr == nil {
		return &PipeAddr{}
	}
	return l.addr
}

// Name gives the name that the pipe was made with.
func (l *PipeListener) Name() string {
	if l == nil {
		return ""
	}
	return l.name
}

// String names the pipe for people.
func (l *PipeListener) String() string { return "pipe " + l.Name() }
