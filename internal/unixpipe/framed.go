//go:build linux

package unixpipe

import (
	"context"
	"io"
	"net"
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
	err := c.in.collect(c.sourceNow, max(len(p), 1))
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
	return c.writeMessage(p)
}

func (c *Conn) writeMessage(p []byte) (int, error) {
	if len(p) > backend.MaxMessage {
		return 0, errTooLong
	}
	err := c.pay()
	if err == nil && len(p) <= maxWhole {
		err = c.send(header{kindWhole, len(p), len(p)}, p, nil)
	} else if err == nil {
		err = c.writeParts(p)
	}
	if err != nil {
		return 0, c.afterWrite(err)
	}
	return len(p), nil
}

func (c *Conn) writeParts(p []byte) error {
	var last []byte
	for rest := p; len(rest) > 0; {
		part := rest[:min(len(rest), maxPart)]
		if len(part) == len(rest) {
			last = frameEnd
		}
		err := c.send(header{kindPart, len(part), len(rest)}, part, last)
		if err != nil {
			if len(c.owed) == 0 && len(rest) < len(p) {
				c.owed = frameAbort
			}
			return err
		}
		rest = rest[len(part):]
	}
	return nil
}

// An end and an abort differ in their last byte alone, so that an end that was
// half sent when the time was up becomes an abort.
var (
	frameEnd   = header{kind: kindEnd}.append(nil)
	frameAbort = header{kind: kindEnd, left: abortLeft}.append(nil)
)

// send sends a frame, and after it the end of a message, if there is one. Of
// what it could not send it owes enough to withdraw the message.
func (c *Conn) send(h header, body, end []byte) error {
	c.out = h.append(c.out[:0])
	total := len(c.out) + len(body)
	var n int64
	var err error
	if len(body) <= maxWhole {
		c.out = append(append(c.out, body...), end...)
		var n32 int
		n32, err = c.sock.Write(c.out)
		n = int64(n32)
	} else {
		n, err = (&net.Buffers{c.out, body, end}).WriteTo(c.sock)
	}
	switch sent := int(n); {
	case err == nil || sent == 0:
	case sent >= total: // the end is missing, or a part of it
		c.owed = frameAbort[sent-total:]
	case h.kind == kindWhole: // the kernel has little room: this cannot be withdrawn
		c.owed = rest(h, body, sent, nil)
	default:
		c.owed = rest(h, body, sent, frameAbort)
	}
	return err
}

// rest copies what follows the first sent bytes of a frame.
func rest(h header, body []byte, sent int, then []byte) []byte {
	b := append(h.append(nil), body...)
	return append(b[sent:], then...)
}

// pay sends what is owed.
func (c *Conn) pay() error {
	for len(c.owed) > 0 {
		n, err := c.sock.Write(c.owed)
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
	reply, err := c.transact(request)
	if err != nil && ctx.Err() != nil && err != io.EOF {
		err = ctx.Err()
	}
	return reply, err
}

func (c *Conn) transact(request []byte) ([]byte, error) {
	if c.unread() {
		return nil, backend.ErrPipeBusy
	}
	if c.framed {
		if _, err := c.writeMessage(request); err != nil {
			return nil, err
		}
	} else if _, err := c.sock.Write(request); err != nil {
		return nil, c.afterWrite(err)
	}
	if err := c.greet(c.receive); err != nil {
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
	c.in.collect(c.sourceNow, 1)
	return c.in.message.begun
}
