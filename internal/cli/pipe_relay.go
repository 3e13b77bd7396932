package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/winsys-go/ipc"
)

// errCutShort: the other end was closed while there was something to send.
var errCutShort = errors.New("the other end was closed before all of the input was sent")

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
