//go:build linux

package unixpipe

import (
	"context"
	"sync"
	"time"
)

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
	return d.set(&d.read, t, d.socket.SetReadDeadline)
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	return d.set(&d.write, t, d.socket.SetWriteDeadline)
}

// set keeps a deadline, and gives it to the socket by put unless a context has
// interrupted that, which gets it from release then.
func (d *deadlines) set(kept *time.Time, t time.Time, put func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	*kept = t
	if d.interrupted > 0 {
		return nil
	}
	return mend(put(t))
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
			d.putBack()
		}
	}
}

// restore sets the deadlines of the socket again.
func (d *deadlines) restore() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.putBack()
}

// putBack gives the socket what its user has set. d.mu is held.
func (d *deadlines) putBack() {
	d.socket.SetReadDeadline(d.read)
	d.socket.SetWriteDeadline(d.write)
}
