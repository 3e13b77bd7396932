//go:build linux

package unixpipe

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"
)

// Who sleeps is woken by a byte through a socket, for which the kernel may have no
// memory at the moment. The sleeper's wish was taken by then, so that nobody would
// wake it again, and what it sleeps for is there: neither can be taken back, and
// whoever was to wake it has done the rest and need not wait. So the byte is sent
// later, until that succeeds or fails for good. It does the latter when either end
// is closed, which the sleeper learns from its socket.

// A waker wakes the sleeper of one direction of a ring later.
type waker struct {
	send func() error
	owed atomic.Bool // an attempt is to come, which has not begun
}

// later takes care of a wake-up that has failed. One attempt is enough for all that
// was done before it.
func (w *waker) later() {
	if !w.owed.CompareAndSwap(false, true) {
		return
	}
	go func() {
		for pause := firstPause; ; pause = min(2*pause, longestPause) {
			time.Sleep(pause)
			w.owed.Store(false)
			if !isShort(w.send()) || !w.owed.CompareAndSwap(false, true) {
				return
			}
		}
	}()
}

const (
	firstPause   = time.Millisecond
	longestPause = 100 * time.Millisecond
)

// isShort reports whether a byte was not sent for want of memory.
func isShort(err error) bool {
	return errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}

// kernelShort is set by tests: so many wake-ups find that the kernel has no memory.
var kernelShort atomic.Int32

// sendByte wakes by send, which is linux.Wake or linux.RingBell.
func sendByte(send func(fd int) error, fd int) error {
	if kernelShort.Load() > 0 && kernelShort.Add(-1) >= 0 {
		return syscall.ENOBUFS
	}
	return send(fd)
}
