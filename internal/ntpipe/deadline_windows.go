package ntpipe

import (
	"sync"
	"time"
)

// A deadline closes a channel when it passes.
type deadline struct {
	mu     sync.Mutex
	timer  *time.Timer
	passed chan struct{}
}

// set makes t the deadline; the zero value means never. Operations that are
// blocked have the new one, unless the old one has passed.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.passed // its timer is about to close it
	}
	d.timer = nil
	over := d.passed != nil && isClosed(d.passed)
	if d.passed == nil || over {
		d.passed = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	passed := d.passed
	if left := time.Until(t); left > 0 {
		d.timer = time.AfterFunc(left, func() { close(passed) })
		return
	}
	close(passed)
}

// channel is closed when the deadline has passed.
func (d *deadline) channel() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.passed == nil {
		d.passed = make(chan struct{})
	}
	return d.passed
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A gate lets one goroutine in at a time, as a mutex does, unless the wait for
// that ends early.
type gate chan struct{}

func (g gate) enter(h *handle, l limit) error {
	if err := l.over(); err != nil {
		return err
	}
	select {
	case g <- struct{}{}:
		return nil
	default:
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-l.passed:
	case <-l.done():
	case <-h.closing:
		return errClosed
	}
	return l.over()
}

func (g gate) tryEnter() bool {
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g gate) leave() { <-g }
