package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/winsys-go/ipc"
)

// A feed is the standard input in pieces, for one connection after the other:
// chunks, or lines without their line feed.
type feed struct {
	pieces   chan []byte // closed at the end
	err      error       // why it ended, then
	terminal bool        // somebody types: the end may never come
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

// errCutShort: the other end was closed while there was something to send.
var errCutShort = errors.New("the other end was closed before all of the input was sent")

// errLeftOver: the last client of several has left before the input was used up.
var errLeftOver = errors.New("the last client was gone before all of the input was sent")

// errNoWay: the direction of the pipe is against it.
var errNoWay = errors.New("the pipe does not go this way")

// A relay carries data between the standard input and output and a connection.
type relay struct {
	app     *app
	conn    *ipc.PipeConn
	name    string
	message bool
	feed    *feed
	only    bool // all of the input is for this connection
}

// run ends when the connection is over.
func (r *relay) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	received, sent := make(chan error, 1), make(chan error, 1)
	go func() { received <- r.receive() }()
	var sender sync.WaitGroup
	sender.Go(func() { sent <- r.send(ctx) })
	receiving, sending := received, sent // nil when that is over
	var failed error
	for receiving != nil || sending != nil {
		select {
		case err := <-receiving:
			receiving = nil
			if err == errNoWay {
				continue
			}
			if err != nil || !r.only || r.feed.terminal {
				sending, failed = nil, errors.Join(failed, err)
			}
		case err := <-sending:
			sending, failed = nil, err
			if err != nil && !errors.Is(err, errCutShort) {
				receiving = nil
			}
		case <-ctx.Done():
			cancel()
			r.conn.Close()
			return r.app.interruption()
		}
	}
	cancel()
	err := r.conn.Close()
	sender.Wait() // the next connection begins where this one has left the input
	if failed == nil {
		failed = err
	}
	return failed
}

// receive writes what comes to the standard output.
func (r *relay) receive() error {
	if !r.message {
		_, err := io.Copy(r.app.out, r.conn)
		return unlessOver(err)
	}
	for {
		m, err := r.conn.ReadMessage()
		if err != nil {
			return unlessOver(err)
		}
		if err := r.app.printMessage(shownMessage{Pipe: r.name}, m, rawFormat); err != nil {
			return err
		}
	}
}

// unlessOver is nil for the regular ends of a connection.
func unlessOver(err error) error {
	switch {
	case err == io.EOF, errors.Is(err, net.ErrClosed):
		return nil
	case errors.Is(err, ipc.ErrPermission):
		return errNoWay
	}
	return err
}

// send sends the input, and says when it has ended.
func (r *relay) send(ctx context.Context) error {
	for sent := false; ; sent = true {
		select {
		case piece, ok := <-r.feed.pieces:
			if !ok {
				r.endInput(sent)
				return r.feed.err
			}
			if _, err := r.conn.Write(piece); err != nil {
				return r.unsent(err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// endInput tells the other end that there is no more. Where that cannot be said, as
// on a pipe of bytes on Windows, the end of what was sent ends the connection.
func (r *relay) endInput(sent bool) {
	err := r.conn.CloseWrite() // fails if the other end is closed, which may be
	if sent && errors.Is(err, ipc.ErrUnsupported) {
		r.conn.Close()
	}
}

func (r *relay) unsent(err error) error {
	if errors.Is(err, ipc.ErrBrokenPipe) || errors.Is(err, net.ErrClosed) {
		return &statusError{exitFailed, fmt.Errorf("pipe %q: %w", r.name, errCutShort)}
	}
	return err
}
