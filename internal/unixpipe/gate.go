//go:build linux

package unixpipe

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A gate lets one goroutine in at a time, as a mutex does, and lets a context
// end the wait for that.
type gate struct {
	state atomic.Int32
	left  chan struct{} // has something after a leave that found gateAwaited
}

const (
	gateFree = iota
	gateTaken
	gateAwaited // taken, and somebody may be waiting
)

func newGate() gate { return gate{left: make(chan struct{}, 1)} }

func (g *gate) tryEnter() bool { return g.state.CompareAndSwap(gateFree, gateTaken) }

func (g *gate) enter() { g.enterUntil(context.Background()) }

func (g *gate) enterUntil(ctx context.Context) error {
	if g.tryEnter() {
		return nil
	}
	for g.state.Swap(gateAwaited) != gateFree {
		select {
		case <-g.left: // perhaps for one who has given up since
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (g *gate) leave() {
	if g.state.Swap(gateFree) == gateAwaited {
		select {
		case g.left <- struct{}{}:
		default: // somebody is about to look
		}
	}
}

// deadlines are those of a socket: the ones that its user has set, except
// while a context that is done interrupts an operation.
type deadlines struct {
	socket interface {
		SetReadDeadline(time.Time) error
		SetWriteDeadline(time.Time) error
	}
	mu          sync.Mutex
	read, write time.Time
	interrupted int
}

var longAgo = time.Unix(1, 0)

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read = t
	if d.interrupted > 0 {
		return nil
	}
	return mend(d.socket.SetReadDeadline(t))
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.write = t
	if d.interrupted > 0 {
		return nil
	}
	return mend(d.socket.SetWriteDeadline(t))
}

// mayRunOut reports whether there is a deadline for writes.
func (d *deadlines) mayRunOut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.write.IsZero()
}

func (d *deadlines) SetDeadline(t time.Time) error {
	if err := d.SetReadDeadline(t); err != nil {
		return err
	}
	return d.SetWriteDeadline(t)
}

// interrupt makes the operations of the socket run out of time when ctx is
// done, until release is called. They must be those of one goroutine.
func (d *deadlines) interrupt(ctx context.Context) (release func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.interrupted++
		d.socket.SetReadDeadline(longAgo)
		d.socket.SetWriteDeadline(longAgo)
	})
	return func() {
		if stop() {
			return
		}
		<-over
		d.mu.Lock()
		defer d.mu.Unlock()
		d.interrupted--
		if d.interrupted == 0 {
			d.socket.SetReadDeadline(d.read)
			d.socket.SetWriteDeadline(d.write)
		}
	}
}
