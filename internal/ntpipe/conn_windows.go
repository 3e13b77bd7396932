package ntpipe

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// A Conn is one end of a connection.
type Conn struct {
	*handle
	pipes    *Pipes
	message  bool
	server   bool
	noReads  bool // by the pipe's direction
	noWrites bool
	freed    func() // server: tells the listener
	limited  bool   // server: the listener counts the instances

	readDeadline, writeDeadline deadline

	gone atomic.Bool // server: it has disconnected the client
	mute atomic.Bool // CloseWrite was called
	ours func() bool // the peer uses this package

	reading gate // guards the following
	inside  bool // a part of a message was read
	ended   bool // the peer's end was read, which CloseWrite sends
	writing gate // of bytes: one piece after the other

	gift  gift           // what was handed over
	token windows.Handle // of what was taken: the end of a lease
	mark  windows.Handle // likewise: see keepMark
}

var _ backend.PipeConn = (*Conn)(nil)

func newConn(p *Pipes, h *handle, message bool) *Conn {
	c := &Conn{handle: h, pipes: p, message: message, reading: make(gate, 1), writing: make(gate, 1)}
	c.ours = sync.OnceValue(c.peerIsMarked)
	return c
}

// Message reports whether the pipe has messages, Server whether this is the
// server's end.
func (c *Conn) Message() bool { return c.message }
func (c *Conn) Server() bool  { return c.server }

func (c *Conn) readLimit() limit  { return limit{passed: c.readDeadline.channel()} }
func (c *Conn) writeLimit() limit { return limit{passed: c.writeDeadline.channel()} }

// failed is the error of an operation that has failed.
func (c *Conn) failed(err error) error {
	if err != nil && c.gone.Load() && !errors.Is(err, backend.ErrClosed) {
		return backend.ErrPipeNotConnected
	}
	return wrap(err)
}

// failedRead is that of one that reads.
func (c *Conn) failedRead(err error) error {
	if err == windows.ERROR_BROKEN_PIPE && !c.gone.Load() {
		return io.EOF
	}
	return c.failed(err)
}

// receive reads once. The error is the kernel's, or that of l.
func (c *Conn) receive(l limit, p []byte) (int, error) {
	return c.do(l, func(h windows.Handle, o *windows.Overlapped) error {
		var n uint32 // of no use, but for the race detector
		return windows.ReadFile(h, p, &n, o)
	}, p)
}

// send writes once.
func (c *Conn) send(l limit, p []byte) (int, error) {
	return c.do(l, func(h windows.Handle, o *windows.Overlapped) error {
		var n uint32
		return windows.WriteFile(h, p, &n, o)
	}, p)
}

// Read reads bytes as they come, and of messages at most the rest of one.
func (c *Conn) Read(p []byte) (int, error) {
	if c.noReads {
		return 0, c.orClosed(errWrongWay)
	}
	l := c.readLimit()
	if err := c.reading.enter(c.handle, l); err != nil {
		return 0, err
	}
	defer c.reading.leave()
	for {
		n, _, err := c.part(l, p)
		// A message without bytes is nothing to a reader of bytes.
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// orClosed is err, or that c is closed.
func (c *Conn) orClosed(err error) error {
	if isClosed(c.closing) {
		return errClosed
	}
	return err
}

// piece is how much of a stream of bytes is written at once: when the time is up,
// the kernel does not tell how much of the last piece was read.
const piece = 256 << 10

// Write writes bytes, or a message.
func (c *Conn) Write(p []byte) (int, error) {
	switch {
	case c.noWrites:
		return 0, c.orClosed(errWrongWay)
	case c.mute.Load():
		return 0, c.orClosed(errShut)
	case c.message && len(p) > backend.MaxMessage:
		return 0, errTooLong
	case c.message:
		n, err := c.send(c.writeLimit(), p)
		return n, c.failed(err)
	}
	return c.writeBytes(p)
}

func (c *Conn) writeBytes(p []byte) (n int, err error) {
	l := c.writeLimit()
	if err := c.writing.enter(c.handle, l); err != nil {
		return 0, err
	}
	defer c.writing.leave()
	for n < len(p) && err == nil {
		var k int
		k, err = c.send(l, p[n:min(len(p), n+piece)])
		n += k
	}
	if len(p) == 0 {
		err = c.enterAndLeave()
	}
	return n, c.failed(err)
}

func (c *Conn) enterAndLeave() error { return c.use(func(windows.Handle) error { return nil }) }

// Peek looks at what has arrived, without blocking. What a goroutine is about to
// read is that one's.
func (c *Conn) Peek(p []byte) (backend.Peeked, error) {
	if c.noReads {
		return backend.Peeked{}, c.orClosed(errWrongWay)
	}
	if !c.reading.tryEnter() {
		return backend.Peeked{}, c.orClosed(nil)
	}
	defer c.reading.leave()
	if c.message {
		return c.peekMessage(p)
	}
	n, available, _, err := c.look(p)
	if err != nil {
		return backend.Peeked{}, c.failedRead(err)
	}
	return backend.Peeked{N: n, Available: available}, nil
}

// look is PeekNamedPipe. Of a message, n + left is the size.
func (c *Conn) look(p []byte) (n, available, left int, err error) {
	found := win32.NewPipePeek(len(p))
	size, err := c.do(limit{}, func(h windows.Handle, o *windows.Overlapped) error {
		return win32.PeekNamedPipe(h, found, o)
	}, found)
	if err != nil && err != windows.ERROR_MORE_DATA {
		return 0, 0, 0, err
	}
	n = copy(p, found.Data(size))
	return n, found.Available(), max(found.Message()-n, 0), nil
}

// Disconnect takes the connection from the client, and from both sides what
// they have not read. The instance stays taken until Close.
func (c *Conn) Disconnect() error {
	if !c.server {
		return errNotServer
	}
	if err := c.enterAndLeave(); err != nil {
		return err
	}
	if !c.gone.CompareAndSwap(false, true) {
		return backend.ErrPipeNotConnected
	}
	_, err := c.do(limit{}, win32.DisconnectNamedPipe)
	return wrap(err)
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline ends reads at t.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.readDeadline.set(t)
	return c.orClosed(nil)
}

// SetWriteDeadline ends writes at t.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.writeDeadline.set(t)
	return c.orClosed(nil)
}

// Close closes this end. If it was handed over with a lease, that goes on.
func (c *Conn) Close() error {
	if !c.shut() {
		return nil
	}
	c.pipes.remove(c)
	c.mu.Lock()
	given := c.gift
	c.gift = gift{}
	c.mu.Unlock()
	given.close()
	if given.lease != nil {
		return nil
	}
	return c.letGo()
}

// letGo closes the handle and, of a server, frees the instance: another one
// listens before this one is gone, so that the name is never anybody's.
func (c *Conn) letGo() error {
	if c.freed != nil {
		c.freed()
	}
	err := c.close()
	for _, h := range []windows.Handle{c.token, c.mark} {
		if h != 0 {
			windows.CloseHandle(h)
		}
	}
	return wrap(err)
}
