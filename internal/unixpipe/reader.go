//go:build linux

package unixpipe

import (
	"errors"
	"fmt"
	"io"

	"github.com/winsys-go/ipc/internal/backend"
)

// A reader takes messages out of a stream of frames. Whatever ends one of its
// methods early, a deadline or nothing to read at once, nothing is lost: the
// next goes on from there.
type reader struct {
	store   []byte      // readAhead bytes or more, once there is a need
	buf     []byte      // the part of store that was read ahead
	full    bool        // all of store was used, the last time
	memory  func() bool // the stream comes out of memory; nil: it does not
	message message
	partial []byte // of the message, read but not given out
	given   bool   // a part of the message was given out
	dropped bool   // a message was withdrawn since this was last unset
	err     error  // what the peer did wrong

	looking   bool // in lookAhead
	withdrawn int  // so many messages, while looking
}

// A source is the stream, which may or may not block.
type source func(p []byte) (int, error)

// readAhead is how much is asked of the stream when a header is due, at first;
// as long as there is more, up to mostAhead. What comes out of memory is had as
// soon when it is due, and would only be copied twice.
const (
	readAhead = 4 << 10
	mostAhead = 68 << 10
)

// errWithdrawn says that the rest of a message, of which something was given
// out, will not come.
var errWithdrawn = errors.New("the message was withdrawn")

// fill reads ahead until there are n bytes of the stream.
func (r *reader) fill(from source, n int) error {
	if len(r.buf) >= n {
		return nil
	}
	if size := len(r.store); size == 0 || r.full && size < mostAhead && !r.fromMemory() {
		grown := make([]byte, min(max(readAhead, 2*size), mostAhead))
		r.buf, r.store = grown[:copy(grown, r.buf)], grown
	} else {
		r.buf = r.store[:copy(r.store, r.buf)]
	}
	for len(r.buf) < n {
		got, err := from(r.store[len(r.buf):])
		r.buf = r.store[:len(r.buf)+got]
		r.full = len(r.buf) == len(r.store)
		if got == 0 && err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) fromMemory() bool { return r.memory != nil && r.memory() }

// advance reads headers until there are bytes of a message to read, or it is
// complete.
func (r *reader) advance(from source) error {
	for r.message.needsHeader() {
		if r.err != nil {
			return r.err
		}
		if err := r.fill(from, headerSize); err != nil {
			if err == io.EOF && (r.message.begun || len(r.buf) > 0) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		h := parseHeader(r.buf)
		r.buf = r.buf[headerSize:]
		aborted, err := r.message.next(h)
		if err != nil {
			r.err = err
			return err
		}
		if aborted {
			r.partial, r.dropped = nil, true
			if r.withdrawn++; r.looking && r.withdrawn > mostWithdrawn {
				r.err = errWithdrawals
				return r.err
			}
			if r.given {
				r.given = false
				return errWithdrawn
			}
		}
	}
	return nil
}

// take reads bytes of the present frame into p, past the buffer where that
// pays.
func (r *reader) take(from source, p []byte) (int, error) {
	p = p[:min(len(p), r.message.size)]
	var n int
	if len(r.buf) == 0 && len(p) >= readAhead {
		var err error
		if n, err = from(p); err != nil && n == 0 {
			return 0, unexpected(err)
		}
	} else {
		if err := r.fill(from, 1); err != nil {
			return 0, unexpected(err)
		}
		n = copy(p, r.buf)
		r.buf = r.buf[n:]
	}
	r.message.took(n)
	return n, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// collect reads on until want bytes of the message are there, or all of it.
// Room is made as they come, not as they are announced.
func (r *reader) collect(from source, want int) error {
	for len(r.partial) < want || !r.message.begun {
		if err := r.advance(from); err != nil {
			return err
		}
		if r.message.complete() {
			break
		}
		r.reserve()
		n, err := r.take(from, r.partial[len(r.partial):cap(r.partial)])
		r.partial = r.partial[:len(r.partial)+n]
		if err != nil {
			return err
		}
	}
	return nil
}

// mostWithdrawn is how many messages a look ahead passes over that were withdrawn.
// A writer withdraws one that it has run out of time for, when there was no room
// for the rest: not many of those are there at once.
const mostWithdrawn = 100

var errWithdrawals = fmt.Errorf("%w: the peer begins messages and withdraws them again and again", backend.ErrPipeProtocol)

// lookAhead is collect for a source that does not block. Nor does it go on for as
// long as the peer likes.
func (r *reader) lookAhead(from source, want int) error {
	r.looking, r.withdrawn = true, 0
	defer func() { r.looking = false }()
	return r.collect(from, want)
}

// reserve makes room for the present frame, at most for twice what has come.
func (r *reader) reserve() {
	have, size, left := len(r.partial), r.message.size, r.message.left
	if cap(r.partial)-have >= size {
		return
	}
	grown := make([]byte, have, have+min(left, max(size, have)))
	copy(grown, r.partial)
	r.partial = grown
}

// all is more than a message can have.
const all = int(^uint(0) >> 1)

// whole reads the rest of the message.
func (r *reader) whole(from source) ([]byte, error) {
	err := r.collect(from, all)
	if err == errWithdrawn {
		return []byte{}, nil
	}
	if err != nil {
		return nil, err
	}
	m := r.partial
	r.finish()
	if m == nil {
		m = []byte{}
	}
	return m, nil
}

func (r *reader) finish() {
	r.message, r.partial, r.given = message{}, nil, false
}

// part reads a part of the message into p, all of it if that fits, and reports
// whether there is more.
func (r *reader) part(from source, p []byte) (n int, more bool, err error) {
	if !r.message.begun {
		if err := r.advance(from); err != nil {
			return 0, false, err
		}
	}
	n = copy(p, r.partial)
	if r.partial = r.partial[n:]; len(r.partial) > 0 {
		r.given = r.given || n > 0
		return n, true, nil
	}
	for !r.message.complete() && n < len(p) {
		r.dropped = false
		err := r.advance(from)
		if r.dropped { // with what is in p of it
			n = 0
		}
		if err == nil {
			var got int
			got, err = r.take(from, p[n:])
			n += got
		}
		if err == errWithdrawn {
			return 0, false, nil
		}
		if err != nil {
			r.partial = append([]byte(nil), p[:n]...)
			return 0, false, err
		}
	}
	if r.message.complete() {
		r.finish()
		return n, false, nil
	}
	r.given = r.given || n > 0
	return n, true, nil
}

// state gives the bytes of the message that were not given out, and how many
// of them were read ahead.
func (r *reader) state() (size, ahead int) {
	return len(r.partial) + r.message.left, len(r.partial) + len(r.buf)
}
