package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// A feed is the standard input in pieces, for a mailslot or for one connection after
// the other: chunks, or lines without their line feed.
type feed struct {
	pieces   chan []byte // closed at the end
	err      error       // why it ended, then
	terminal bool        // somebody types: the end may never come
}

// each calls do with the pieces, until ctx is done. The one that is being read then is
// lost: nobody has sent it.
func (f *feed) each(ctx context.Context, do func(piece []byte) error) error {
	for {
		select {
		case piece, more := <-f.pieces:
			if !more {
				return cmp.Or(f.err, ctx.Err())
			}
			if err := do(piece); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leftOver fails if there is input at hand that no connection was left for.
func (f *feed) leftOver(name string) error {
	if f.terminal {
		return nil
	}
	select {
	case _, more := <-f.pieces:
		if more {
			return &statusError{exitFailed, fmt.Errorf("pipe %q: %w", name, errLeftOver)}
		}
	case <-time.After(atHand):
	}
	return nil
}

// errLeftOver: the last client of several has left before the input was used up.
var errLeftOver = errors.New("the last client was gone before all of the input was sent")

// atHand is how soon input that is there comes.
const atHand = 200 * time.Millisecond

const chunkSize = 64 << 10

// feed begins to read the standard input.
func (a *app) feed(ctx context.Context, lines bool) *feed {
	f := &feed{pieces: make(chan []byte), terminal: isTerminal(a.in)}
	next := func(piece []byte) bool {
		select {
		case f.pieces <- append([]byte(nil), piece...):
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(f.pieces)
		if lines {
			f.err = scan(a.in, next)
		} else {
			f.err = chunks(a.in, next)
		}
	}()
	return f
}

func chunks(in io.Reader, next func([]byte) bool) error {
	chunk := make([]byte, chunkSize)
	for {
		n, err := in.Read(chunk)
		if n > 0 && !next(chunk[:n]) {
			return nil
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// maxLine is the longest line of the input that becomes a message.
const maxLine = 64 << 20

// scan calls next with the lines of in, until it says that it is enough.
func scan(in io.Reader, next func(line []byte) bool) error {
	s := bufio.NewScanner(in)
	s.Buffer(nil, maxLine)
	for s.Scan() {
		if !next(s.Bytes()) {
			return nil
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("a line of the input has more than %d bytes, which is too much for a message", maxLine)
	}
	return s.Err()
}

// isTerminal reports whether somebody may be typing.
func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && isConsole(f)
}
