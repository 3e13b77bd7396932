//go:build linux

package unixpipe

import (
	"context"
	"io"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
)

// Messages as frames. Each direction has its gate: one message is read or
// written at a time.

func (c *Conn) readFramed(p []byte) (int, error) {
	c.reading.enter()
	defer c.reading.leave()
	for {
		// A message without bytes is nothing to a reader of bytes.
		n, _, err := c.in.part(c.source, p)
		if n > 0 || err != nil || len(p) == 0 {
			return c.afterRead(n, err)
		}
	}
}

// foreignMessage is how much of what a foreign peer sends is taken for one
// message, at most.
const foreignMessage = 64 << 10

// ReadMessage reads the next message, or the rest of the present one.
func (c *Conn) ReadMessage() ([]byte, error) {
	if !c.message {
		return nil, errNoMessages
	}
	if err := c.readable(); err != nil {
		_, err = c.afterRead(0, err)
		return nil, err
	}
	c.reading.enter()
	defer c.reading.leave()
	return c.readMessage()
}

func (c *Conn) readMessage() (m []byte, err error) {
	if c.framed {
		m, err = c.in.whole(c.source)
	} else {
		var n int
		m = make([]byte, foreignMessage)
		n, err = c.source(m)
		m = m[:n]
	}
	if _, err = c.afterRead(0, err); err != nil {
		return nil, err
	}
	return m, nil
}

// ReadPart reads a part of the next message.
func (c *Conn) ReadPart(p []byte) (n int, more bool, err error) {
	if !c.message {
		return 0, false, errNoMessages
	}
	if err := c.readable(); err != nil {
		_, err = c.afterRead(0, err)
		return 0, false, err
	}
	c.reading.enter()
	defer c.reading.leave()
	if c.framed {
		n, more, err = c.in.part(c.source, p)
	} else {
		n, err = c.source(p)
	}
	if n, err = c.afterRead(n, err); err != nil {
		more = false
	}
	return n, more, err
}

// peekFramed reads ahead without blocking; what it reads stays to be read.
// While another goroutine reads, all there is is that one's.
func (c *Conn) peekFramed(p []byte) (backend.Peeked, error) {
	if !c.reading.tryEnter() {
		return backend.Peeked{}, nil
	}
	defer c.reading.leave()
	err := c.in.lookAhead(c.sourceNow, max(len(p), 1))
	if !c.in.message.begun {
		return backend.Peeked{}, err
	}
	n := copy(p, c.in.partial)
	size, ahead := c.in.state()
	return backend.Peeked{N: n, Available: min(size, ahead+c.arrived()), Left: size - n}, nil
}

// writeFramed sends p as one message. When a deadline ends it, the message is
// withdrawn: the peer gets all of it or, unless it reads in parts, none.
func (c *Conn) writeFramed(p []byte) (int, error) {
	c.writing.enter()
	defer c.writing.leave()
	return c.writeMessage(p, c.mayRunOut())
}

// writeMessage sends a message. If it may run out of time, the last frame is
// one that the kernel takes at once, which costs the reader a wake-up more.
func (c *Conn) writeMessage(p []byte, mayRunOut bool) (int, error) {
	if len(p) > backend.MaxMessage {
		return 0, errTooLong
	}
	last := maxPart
	if mayRunOut {
		last = maxAtomic
	}
	err := c.pay()
	for rest := p; err == nil; {
		part := rest[:max(0, min(len(rest)-last, maxPart))]
		if len(part) == 0 {
			err = c.send(header{kindLast, len(rest), len(rest)}, rest)
			break
		}
		err = c.send(header{kindPart, len(part), len(rest)}, part)
		rest = rest[len(part):]
	}
	if err != nil {
		return 0, c.afterWrite(err)
	}
	return len(p), nil
}

var frameAbort = header{kind: kindAbort}.append(nil)

// send sends a frame. When it cannot send all of it, it owes what withdraws the
// message.
func (c *Conn) send(h header, body []byte) error {
	c.out = h.append(c.out[:0])
	sent, err := c.outgoing.write(c.out, body)
	switch {
	case err == nil:
		c.open = h.kind == kindPart
	case h.kind == kindLast && sent > 0: // this cannot be withdrawn
		c.owe(h, body, sent, nil)
	case c.open || sent > 0:
		c.owe(h, body, sent, frameAbort)
	}
	return err
}

// owe keeps what follows the first sent bytes of a frame, if any of it was sent
// at all, and what comes then. No message is open after that.
func (c *Conn) owe(h header, body []byte, sent int, then []byte) {
	c.owed, c.open = nil, false
	if sent > 0 {
		c.owed = append(h.append(nil), body...)[sent:]
	}
	c.owed = append(c.owed, then...)
}

// pay sends what is owed.
func (c *Conn) pay() error {
	for len(c.owed) > 0 {
		n, err := c.outgoing.write(nil, c.owed)
		c.owed = c.owed[n:]
		if err != nil {
			return err
		}
	}
	return nil
}

// Transact sends a message and waits for one, with no other in between.
func (c *Conn) Transact(ctx context.Context, request []byte) ([]byte, error) {
	switch {
	case !c.message:
		return nil, errNoMessages
	case c.noReads || c.noWrites:
		return nil, errWrongWay
	case c.disconnected():
		return nil, c.whyGone()
	}
	if err := c.reading.enterUntil(ctx); err != nil {
		return nil, err
	}
	defer c.reading.leave()
	if err := c.writing.enterUntil(ctx); err != nil {
		return nil, err
	}
	defer c.writing.leave()
	release := c.interrupt(ctx)
	defer release()
	reply, err := c.transact(request, ctx.Done() != nil || c.mayRunOut())
	if err != nil && ctx.Err() != nil && err != io.EOF {
		err = ctx.Err()
	}
	return reply, err
}

func (c *Conn) transact(request []byte, mayRunOut bool) ([]byte, error) {
	if c.unread() {
		return nil, backend.ErrPipeUnread
	}
	if c.framed {
		if _, err := c.writeMessage(request, mayRunOut); err != nil {
			return nil, err
		}
	} else if _, err := c.outgoing.write(nil, request); err != nil {
		return nil, c.afterWrite(err)
	}
	if err := c.greet(); err != nil {
		_, err = c.afterRead(0, err)
		return nil, err
	}
	return c.readMessage()
}

// unread reports whether a message has come that was not read.
func (c *Conn) unread() bool {
	if c.greetNow() != nil {
		return false
	}
	if !c.framed {
		n, _, err := c.receiveWith(make([]byte, 1), nil, syscall.MSG_PEEK)
		return err == nil && n > 0
	}
	c.in.lookAhead(c.sourceNow, 1)
	return c.in.message.begun
}
