//go:build linux

package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/winsys-go/ipc"
)

// A hand is a goroutine that does one thing after the other, and keeps its
// account.
type hand struct {
	*worker
	record *handRecord
	number uint64
	random *rand.Rand
	waits  context.Context // of the step that it is in

	owner   *ipc.Owner
	byOwner set            // the mutexes that owner owns; other ones, the handle
	private []ipc.Waitable // handles that are closed at the end of the step
}

// live never ends but with the process.
func (h *hand) live() {
	for {
		h.waits = h.gate(h.record)
		h.step()
		h.record.operations.Add(1)
		if h.chance(8) { // let the others have the processor, and waits block
			time.Sleep(h.upTo(time.Millisecond))
		}
	}
}

// chance is true once in n times.
func (h *hand) chance(n int) bool { return h.random.IntN(n) == 0 }

func (h *hand) upTo(d time.Duration) time.Duration { return time.Duration(h.random.Int64N(int64(d))) }

// fail ends the worker, and thereby the run: the ledger has been contradicted.
func (h *hand) fail(format string, args ...any) {
	h.child.Fatalf("hand %d, which %v: %s", h.number, h.record.read(), fmt.Sprintf(format, args...))
}

func (h *hand) must(err error, doing string) {
	if err != nil {
		h.fail("%s: %v", doing, err)
	}
}

// enter records that the hand has taken units, those among them that are
// mutexes by the hand's Owner or by the handle.
func (h *hand) enter(gained, abandoned set, byOwner bool) {
	for k := range (gained & locks).all() {
		if abandoned.has(k) {
			h.ledger.told[k].Add(1)
		}
		if old := h.ledger.guards[k].Swap(h.number); old != 0 && !abandoned.has(k) {
			h.fail("%s was not abandoned, and hand %d is in it", objects[k].name, old)
		}
	}
	for k := range (gained & exclusive &^ locks).all() {
		if !h.ledger.guards[k].CompareAndSwap(0, h.number) {
			h.fail("there are two of %s: hand %d has it", objects[k].name, h.ledger.guards[k].Load())
		}
	}
	if byOwner {
		h.byOwner |= gained & locks
	}
	h.record.write(holding(h.held() | gained))
}

// letGo takes the hand's number off the guards of what it is about to give.
func (h *hand) letGo(units set) {
	for k := range (units & exclusive).all() {
		if !h.ledger.guards[k].CompareAndSwap(h.number, 0) {
			h.fail("hand %d was in %s at the same time", h.ledger.guards[k].Load(), objects[k].name)
		}
	}
}

// gone records that the hand has given units.
func (h *hand) gone(units set) {
	h.byOwner &^= units
	h.record.write(holding(h.held() &^ units))
}

func (h *hand) held() set { return h.record.read().held() }

// A limit is how long a wait may take, and why it may fail.
type limit struct {
	context context.Context
	cancel  func()
	closing bool // a handle may be closed during the wait
}

// limit draws how a wait ends if it does not succeed. Only a hand that holds
// nothing waits without a limit, so that what others hold comes back.
func (h *hand) limit() limit {
	switch n := h.random.IntN(10); {
	case n < 2 && h.held() == 0:
		return limit{context: h.waits, cancel: func() {}}
	case n < 4: // it does not block
		ctx, cancel := context.WithCancel(h.waits)
		cancel()
		return limit{context: ctx, cancel: cancel}
	case n < 7:
		ctx, cancel := context.WithTimeout(h.waits, h.upTo(3*time.Millisecond))
		return limit{context: ctx, cancel: cancel}
	}
	ctx, cancel := context.WithCancel(h.waits)
	timer := time.AfterFunc(h.upTo(3*time.Millisecond), cancel)
	return limit{context: ctx, cancel: func() { timer.Stop(); cancel() }}
}

// ended checks why a wait failed.
func (h *hand) ended(l limit, err error, doing string) {
	h.record.cancelled.Add(1)
	switch {
	case l.context.Err() != nil && errors.Is(err, l.context.Err()):
	case l.closing && errors.Is(err, ipc.ErrClosed):
	default:
		h.fail("%s: %v", doing, err)
	}
}

// reach gives a handle to object k: the worker's, or one for this step.
func (h *hand) reach(k int, private bool) ipc.Waitable {
	if !private {
		return h.handles[k]
	}
	o, err := open(h.namespace, k)
	h.must(err, "open")
	h.private = append(h.private, o)
	return o
}

// closePrivate closes the handles of this step.
func (h *hand) closePrivate() {
	for _, o := range h.private {
		h.must(o.Close(), "close")
	}
	h.private = h.private[:0]
}
