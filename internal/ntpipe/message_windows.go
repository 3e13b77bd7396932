package ntpipe

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// Messages are the kernel's: both ends read in the mode of messages, in which a
// buffer that is too small gets a part, and ERROR_MORE_DATA.

// theEnd is the message by which CloseWrite tells a peer that uses this package
// that no more will come. For others that is a message without bytes, as
// programs of Windows have it; here that would be one like any other.
var theEnd = []byte("\x9e\x1f\x27\xc4\x0b\xd8\x4a\x63\xb5\x72\xe0\x4d\xfa\x16\x8c\x39")

func (c *Conn) isEnd(m []byte) bool { return bytes.Equal(m, theEnd) && c.ours() }

// next waits for a message and gives its size. One without bytes is taken with
// that, and so is the end.
func (c *Conn) next(l limit) (size int, err error) {
	for {
		size, end, err := c.front()
		if err != nil || size > 0 && !end {
			return size, c.failedRead(err)
		}
		if end {
			return 0, c.finish(l)
		}
		// The kernel gives no byte to a buffer for none, but says that there are some.
		switch _, err = c.receive(l, nil); err {
		case nil:
			return 0, nil
		case windows.ERROR_MORE_DATA:
		default:
			return 0, c.failedRead(err)
		}
	}
}

// front looks at the next message, whose size is 0 if there is none, or none with
// bytes, and tells whether it is the end.
func (c *Conn) front() (size int, end bool, err error) {
	head := make([]byte, len(theEnd))
	n, _, left, err := c.look(head)
	return n + left, err == nil && left == 0 && c.isEnd(head[:n]), err
}

// finish takes the end.
func (c *Conn) finish(l limit) error {
	if _, err := c.receive(l, make([]byte, len(theEnd))); err != nil {
		return c.failedRead(err)
	}
	c.ended = true
	return io.EOF
}

// part reads a part of the next message, or of the bytes.
func (c *Conn) part(l limit, p []byte) (n int, more bool, err error) {
	if c.ended {
		return 0, false, c.orClosed(io.EOF)
	}
	begins := c.message && !c.inside
	if begins && len(p) < len(theEnd) { // which must not be read in parts
		if size, err := c.next(l); size == 0 || err != nil {
			return 0, false, err
		}
	}
	n, err = c.receive(l, p)
	more = err == windows.ERROR_MORE_DATA
	if err != nil && !more {
		return n, false, c.failedRead(err)
	}
	c.inside = more
	if begins && !more && c.isEnd(p[:n]) {
		c.ended = true
		return 0, false, io.EOF
	}
	return n, more, nil
}

// ReadPart reads a part of the next message.
func (c *Conn) ReadPart(p []byte) (n int, more bool, err error) {
	l, err := c.beginMessage(context.Background())
	if err != nil {
		return 0, false, err
	}
	defer c.reading.leave()
	return c.part(l, p)
}

// ReadMessage reads the next message, or the rest of the present one.
func (c *Conn) ReadMessage() ([]byte, error) {
	l, err := c.beginMessage(context.Background())
	if err != nil {
		return nil, err
	}
	defer c.reading.leave()
	if c.ended {
		return nil, c.orClosed(io.EOF)
	}
	return c.whole(l)
}

// beginMessage enters c.reading, if messages can be read.
func (c *Conn) beginMessage(ctx context.Context) (limit, error) {
	l := limit{ctx: ctx, passed: c.readDeadline.channel()}
	switch {
	case !c.message:
		return l, c.orClosed(errNoMessages)
	case c.noReads:
		return l, c.orClosed(errWrongWay)
	}
	return l, c.reading.enter(c.handle, l)
}

// whole reads a message, or its rest, at once: a writer that runs out of time
// withdraws what was not read of it, and no reader can tell.
func (c *Conn) whole(l limit) ([]byte, error) {
	size, err := c.remaining(l)
	if size == 0 || err != nil {
		return []byte{}, err
	}
	m := make([]byte, size)
	n, err := c.receive(l, m)
	c.inside = err == windows.ERROR_MORE_DATA
	if c.inside { // it was withdrawn, and a larger one came
		return c.rest(l, m[:n])
	}
	if err != nil {
		return nil, c.failedRead(err)
	}
	return m[:n], nil
}

// remaining gives how much there is to read of the present message or the next.
func (c *Conn) remaining(l limit) (int, error) {
	if !c.inside {
		return c.next(l)
	}
	size, _, err := c.front()
	return size, c.failedRead(err)
}

// rest reads what remains of a message of which m was read. If that was
// withdrawn, it is another message.
func (c *Conn) rest(l limit, m []byte) ([]byte, error) {
	size, _, err := c.front()
	if err != nil {
		return nil, c.failedRead(err)
	}
	if size == 0 {
		c.inside = false
		return c.whole(l)
	}
	all := make([]byte, len(m)+size)
	n, err := c.receive(l, all[copy(all, m):])
	c.inside = err == windows.ERROR_MORE_DATA
	if err != nil && !c.inside {
		return nil, c.failedRead(err)
	}
	return all[:len(m)+n], nil
}

// peekMessage looks at the next message.
func (c *Conn) peekMessage(p []byte) (backend.Peeked, error) {
	size, end, err := c.front()
	switch {
	case c.ended, end && !c.inside:
		return backend.Peeked{}, c.orClosed(io.EOF)
	case err != nil:
		return backend.Peeked{}, c.failedRead(err)
	}
	n := 0
	if len(p) > 0 && size > 0 {
		var left int
		if n, _, left, err = c.look(p); err != nil {
			return backend.Peeked{}, c.failedRead(err)
		}
		size = n + left
	}
	return backend.Peeked{N: n, Available: size, Left: size - n}, nil
}

// replySize is how large a reply may be to be read at once.
const replySize = 64 << 10

// Transact sends a message and waits for one, with no other in between.
func (c *Conn) Transact(ctx context.Context, request []byte) ([]byte, error) {
	switch {
	case c.message && c.noWrites:
		return nil, c.orClosed(errWrongWay)
	case len(request) > backend.MaxMessage:
		return nil, errTooLong
	case c.mute.Load():
		return nil, c.orClosed(errShut)
	}
	l, err := c.beginMessage(ctx)
	if err != nil {
		return nil, err
	}
	defer c.reading.leave()
	if err := c.writeLimit().over(); err != nil {
		return nil, err
	}
	reply := make([]byte, replySize)
	n, err := c.do(l, func(h windows.Handle, o *windows.Overlapped) error {
		return win32.TransactNamedPipe(h, request, reply, o)
	}, request, reply)
	reply = reply[:n]
	c.inside = err == windows.ERROR_MORE_DATA
	switch {
	case c.inside:
		return c.rest(l, reply)
	case err == windows.ERROR_BROKEN_PIPE:
		return nil, c.failedRead(err)
	case err == windows.ERROR_PIPE_BUSY:
		return nil, fmt.Errorf("%w: %w", backend.ErrPipeUnread, err)
	case err != nil:
		return nil, c.failed(err)
	case c.isEnd(reply):
		c.ended = true
		return nil, io.EOF
	}
	return reply, nil
}

// CloseWrite tells the peer that no more will come. The kernel itself closes both
// ways only.
func (c *Conn) CloseWrite() error {
	switch {
	case c.noWrites:
		return c.orClosed(nil)
	case !c.message:
		return c.orClosed(errHalfOpen)
	case !c.mute.CompareAndSwap(false, true):
		return c.orClosed(nil)
	}
	end := theEnd
	if !c.ours() {
		end = nil
	}
	_, err := c.send(c.writeLimit(), end)
	return c.failed(err)
}
