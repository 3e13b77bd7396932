package ipc

import (
	"context"
	"io"
	"net"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A PipeConn is one end of a connection over a pipe. It is a net.Conn, whose
// Read is that of a stream; on a pipe of messages it reads of one message at a
// time, and passes over empty ones, which ReadMessage gives.
//
// When the other end is closed, what it has written can be read, then comes
// io.EOF; a write fails at once with [ErrBrokenPipe].
//
// Its methods may be called from any goroutine. A nil or closed PipeConn gives
// errors, never a panic.
type PipeConn struct {
	native backend.PipeConn
	name   string
	addr   *PipeAddr
}

var _ net.Conn = (*PipeConn)(nil)

// A PipePeek is what a look at an incoming pipe found.
type PipePeek struct {
	// N is how many bytes were copied.
	N int
	// Available is how many bytes have arrived, those copied included; on a pipe
	// of messages, of the next message.
	Available int
	// Left is how many bytes of the next message were not copied, whether they
	// have arrived or not; 0 on a pipe of bytes.
	Left int
}

// A PeerInfo says which process is at the other end, according to the kernel.
type PeerInfo struct {
	// PID is that of the process that connected, or began to listen, whichever has
	// the end by now.
	PID int
	// UID and GID are those that it connected, or began to listen, with; -1
	// where the system has none.
	UID, GID int
	// User is the security identifier (SID) of the user on Windows, empty where
	// this user may not know it. It is empty elsewhere.
	User string
}

// ready reports whether c can be used.
func (c *PipeConn) ready() bool { return c != nil && c.native != nil }

// failed wraps an error, except nil and io.EOF, which readers compare with.
func (c *PipeConn) failed(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return fail(op, c.name, err)
}

// Read reads what has arrived, up to len(p) bytes, and blocks while that is
// nothing. On a pipe of messages it reads of the next message or, if an earlier
// Read has left some of it, of its rest; it returns when p is full or the
// message at its end.
//
//   - io.EOF: the other end is closed, or has called CloseWrite, and all is
//     read. io.ErrUnexpectedEOF: that was in the middle of a message.
//   - [ErrPipeNotConnected]: the server has disconnected.
//   - [ErrPermission]: the pipe does not go this way.
//   - [ErrClosed], which is net.ErrClosed too; os.ErrDeadlineExceeded.
func (c *PipeConn) Read(p []byte) (int, error) {
	if !c.ready() {
		return 0, failNil("read from pipe")
	}
	n, err := c.native.Read(p)
	return n, c.failed("read from pipe", err)
}

// Write writes p and returns when the system has taken all of it. On a pipe of
// messages p is one message, also when it is empty, which is all or nothing:
// when the deadline passes first, a reader that does not read in parts never
// sees it, and 0 is returned.
//
//   - [ErrBrokenPipe]: the other end is closed, or CloseWrite was called.
//   - [ErrInvalid]: a message of more than 2 GiB - 1.
//   - [ErrPipeNotConnected], [ErrPermission], [ErrClosed],
//     os.ErrDeadlineExceeded: as for Read.
func (c *PipeConn) Write(p []byte) (int, error) {
	if !c.ready() {
		return 0, failNil("write to pipe")
	}
	n, err := c.native.Write(p)
	return n, c.failed("write to pipe", err)
}

// ReadMessage reads the next message or, if a part of it was read, its rest. A
// deadline that passes in the middle of it loses nothing: the next call goes
// on. It takes as much memory as has arrived of the message, at most twice, and
// never what was only announced.
//
//   - [ErrInvalidUse]: the pipe has bytes.
//   - the errors of Read.
func (c *PipeConn) ReadMessage() ([]byte, error) {
	if !c.ready() {
		return nil, failNil("read from pipe")
	}
	m, err := c.native.ReadMessage()
	return m, c.failed("read from pipe", err)
}

// ReadPart reads up to len(p) bytes of the next message, or of its rest, and
// reports whether the message has more (ERROR_MORE_DATA), which the next call
// gives. It blocks until p is full or the message at its end. The errors are
// those of ReadMessage.
func (c *PipeConn) ReadPart(p []byte) (n int, more bool, err error) {
	if !c.ready() {
		return 0, false, failNil("read from pipe")
	}
	n, more, err = c.native.ReadPart(p)
	return n, more, c.failed("read from pipe", err)
}

// WriteMessage writes p as one message. Unlike Write it fails on a pipe of
// bytes.
//
//   - [ErrInvalidUse]: the pipe has bytes.
//   - the errors of Write.
func (c *PipeConn) WriteMessage(p []byte) error {
	if !c.ready() {
		return failNil("write to pipe")
	}
	if !c.native.Message() {
		return fail("write to pipe", c.name, errBytes)
	}
	_, err := c.native.Write(p)
	return c.failed("write to pipe", err)
}

// Peek copies into p the beginning of what has arrived, and leaves it there to
// be read. On a pipe of messages it looks at the next message only. It never
// blocks: when nothing has arrived, or a blocked Read is about to take it, all
// is 0.
//
//   - io.EOF: there will be nothing more.
//   - the errors of Read.
func (c *PipeConn) Peek(p []byte) (PipePeek, error) {
	if !c.ready() {
		return PipePeek{}, failNil("peek into pipe")
	}
	seen, err := c.native.Peek(p)
	return PipePeek(seen), c.failed("peek into pipe", err)
}

// Transact writes request as a message and reads the reply, with nothing in
// between. When ctx is done first, a reply may come all the same, as the next
// message.
//
//   - [ErrInvalidUse]: the pipe has bytes.
//   - [ErrPipeBusy]: a message that was not read is there; nothing was written.
//   - the context's error; the errors of Read and Write.
func (c *PipeConn) Transact(ctx context.Context, request []byte) (reply []byte, err error) {
	if !c.ready() {
		return nil, failNil("transact on pipe")
	}
	reply, err = c.native.Transact(ctx, request)
	return reply, c.failed("transact on pipe", noReply(err))
}

// CloseWrite tells the other end that nothing more will be written: it reads
// to the end, then io.EOF. Reading goes on.
//
//   - [ErrUnsupported]: a pipe of bytes, on Windows. Others than this package's
//     users get an empty message there.
func (c *PipeConn) CloseWrite() error {
	if !c.ready() {
		return failNil("close pipe for writing")
	}
	return c.failed("close pipe for writing", c.native.CloseWrite())
}

// Disconnect, at the server's end, takes the connection from the client
// (DisconnectNamedPipe). What either end has written and the other has not
// read is gone. Both ends return [ErrPipeNotConnected] from then on, also from
// operations that are blocked. The instance is free when c is closed.
//
//   - [ErrInvalidUse]: c is the client's end.
//   - [ErrPipeNotConnected]: it was disconnected before.
func (c *PipeConn) Disconnect() error {
	if !c.ready() {
		return failNil("disconnect pipe")
	}
	return c.failed("disconnect pipe", c.native.Disconnect())
}

// Peer says which process is at the other end.
func (c *PipeConn) Peer() (PeerInfo, error) {
	if !c.ready() {
		return PeerInfo{}, failNil("query pipe")
	}
	peer, err := c.native.Peer()
	return PeerInfo(peer), c.failed("query pipe", err)
}

// MessageMode reports whether the pipe has messages.
func (c *PipeConn) MessageMode() bool { return c.ready() && c.native.Message() }

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *PipeConn) SetDeadline(t time.Time) error {
	if !c.ready() {
		return failNil("set deadline of pipe")
	}
	return c.failed("set deadline of pipe", c.native.SetDeadline(t))
}

// SetReadDeadline ends every read, also those that are blocked, at t. The zero
// value means never.
func (c *PipeConn) SetReadDeadline(t time.Time) error {
	if !c.ready() {
		return failNil("set deadline of pipe")
	}
	return c.failed("set deadline of pipe", c.native.SetReadDeadline(t))
}

// SetWriteDeadline is like SetReadDeadline, for writes.
func (c *PipeConn) SetWriteDeadline(t time.Time) error {
	if !c.ready() {
		return failNil("set deadline of pipe")
	}
	return c.failed("set deadline of pipe", c.native.SetWriteDeadline(t))
}

// Close closes this end; its blocked operations return ErrClosed. The other
// end can read what was written. Closing it again does nothing.
func (c *PipeConn) Close() error {
	if !c.ready() {
		return failNil("close pipe")
	}
	return c.failed("close pipe", c.native.Close())
}

// LocalAddr and RemoteAddr both give the name of the pipe, as a *[PipeAddr].
func (c *PipeConn) LocalAddr() net.Addr { return c.address() }

// RemoteAddr is like LocalAddr.
func (c *PipeConn) RemoteAddr() net.Addr { return c.address() }

func (c *PipeConn) address() *PipeAddr {
	if c == nil || c.addr == nil {
		return &PipeAddr{}
	}
	return c.addr
}

// Name gives the name that the pipe was opened with.
func (c *PipeConn) Name() string {
	if c == nil {
		return ""
	}
	return c.name
}

// String names the pipe for people.
func (c *PipeConn) String() string { return "pipe " + c.Name() }
