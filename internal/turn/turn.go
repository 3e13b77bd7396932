// Package turn lets an owner of mutexes do one thing at a time, like a thread,
// until it is closed.
package turn

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/winsys-go/ipc/internal/backend"
)

var errClosed = fmt.Errorf("%w: the Owner is closed: make another (NewOwner)", backend.ErrClosed)

// A Turn is that of one owner. The zero value is free.
type Turn struct {
	closed atomic.Bool

	mu    sync.Mutex
	busy  bool
	ended chan struct{} // closed when the call ends, if Close has come meanwhile
}

// Begin starts a call, unless there is one already, or the owner is closed.
func (t *Turn) Begin() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed.Load():
		return errClosed
	case t.busy:
		return fmt.Errorf("%w: the Owner is in another call: like a thread, it does one thing at a time", backend.ErrInvalidUse)
	}
	t.busy = true
	return nil
}

// End ends what Begin began.
func (t *Turn) End() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy = false
	if t.ended != nil {
		close(t.ended)
	}
}

// Close lets no more calls begin. The present one ends when ended is closed; nil
// means that there is none. It reports whether it is the first Close.
func (t *Turn) Close() (ended <-chan struct{}, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed.Swap(true) {
		return nil, false
	}
	if t.busy {
		t.ended = make(chan struct{})
	}
	return t.ended, true
}

// Closed reports whether the owner is closed. It never blocks.
func (t *Turn) Closed() bool { return t.closed.Load() }
