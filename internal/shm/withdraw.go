package shm

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// How waits end: by a grant, which is collected; by their context or the closing of a
// handle, which withdraws them; by damage, which fails them.

// withdrawAll ends waits that have not succeeded: they leave all queues, and
// what they were told to fetch goes to the next, but to none of them.
func (n *Namespace) withdrawAll(waits []*waiter, state uint32) {
	var nudged []uint32
	for _, w := range waits {
		n.alert(w)
		c := w.rec.claim.load()
		if !queued(c) {
			w.ended.Store(cmp.Or(uint32(c), state)) // it is over, or was overwritten
			continue
		}
		n.startWaking()
		if i := n.takeOut(w.rec, state); i != 0 {
			nudged = append(nudged, i)
		}
		w.ended.Store(state)
	}
	for _, i := range nudged {
		n.settle(i, n.object(i))
	}
}

// alert remembers to wake the goroutine of a wait of this process in whatever
// way it sleeps: its claim, which should say that, may have been overwritten.
func (n *Namespace) alert(w *waiter) {
	n.wakes.add(wakeup{futex: futexOf(&w.rec.claim)})
	n.wakes.add(wakeup{token: w.token})
	if w.direct {
		n.wakes.add(wakeup{again: w, use: w.use})
	}
}

// insistAfter is how long an ended wait may take to wake up before it is woken
// again.
const insistAfter = 20 * time.Millisecond

// insist wakes wait number use of w again and again until it is over. Once is
// enough, unless its claim is overwritten after it was ended and before it
// sleeps: the kernel compares nothing but that.
func (w *waiter) insist(use uint64) {
	afterTime(insistAfter, func() {
		w.n.mu.Lock()
		goesOn := w.isBlocked(use)
		w.n.mu.Unlock()
		if goesOn {
			w.n.sys.Rouse(futexOf(&w.rec.claim))
			w.insist(use)
		}
	})
}

// takeOut takes a waiter out of its queues without what it waits for. It gives the
// mutex that the waiter was told to fetch, which is to be settled then; else 0.
func (n *Namespace) takeOut(r *waiterRecord, state uint32) (nudged uint32) {
	nudged = n.closeNudged(r)
	n.putUnlinked(r)
	n.put(&r.claim, n.newClaim(r.claim.load(), state))
	n.commit()
	return nudged
}

// closeNudged closes the mutex that a waiter was told to fetch, if any, before it
// does not come.
func (n *Namespace) closeNudged(r *waiterRecord) (nudged uint32) {
	if claimState(r.claim.load()) != claimNudged {
		return 0
	}
	nudged = first(n.entryAt(r, 0).target.load())
	n.close(n.object(nudged))
	return nudged
}

// cancel ends wait number use of w because its context is done.
func (w *waiter) cancel(use uint64) { w.withdraw(use, claimCancelled, nil) }

// withdraw ends wait number use of w, unless it has ended. As long as the lock
// is merely held by a process that does not move, it tries on; when it cannot
// be done, the wait fails with instead, or the error that was met.
func (w *waiter) withdraw(use uint64, state uint32, instead error) {
	for {
		err := w.n.locked(func() error {
			if w.isBlocked(use) {
				w.n.withdrawAll([]*waiter{w}, state)
			}
			return nil
		})
		switch {
		case err == nil:
			return
		case !errors.Is(err, backend.ErrStalled):
			w.fail(use, cmp.Or(instead, err))
			return
		}
	}
}

// fail ends a wait that nobody can ever end properly, since the namespace is
// damaged or closed. The record is not used again.
func (w *waiter) fail(use uint64, err error) {
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	if w.isBlocked(use) {
		w.failNow(err)
	}
}

// failNow is fail for a wait that is known to go on. n.mu is held.
func (w *waiter) failNow(err error) {
	w.failed.CompareAndSwap(nil, &err)
	w.rec.claim.store(uint64(claimClosed))
	w.n.sys.Rouse(futexOf(&w.rec.claim))
	w.n.deliverOne(wakeup{token: w.token})
}

// await blocks until the wait has ended one way or the other, or is ended because
// ctx is done. Without an error it has succeeded.
func (n *Namespace) await(ctx context.Context, w *waiter) error {
	use := w.use
	stop := afterFunc(ctx, func() { w.cancel(use) })
	defer stop()
	err := n.awaitEnd(w)
	if err == errWithdrawn && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// errWithdrawn is the end of a wait that was cancelled: damage, unless its context is
// done.
var errWithdrawn error = corruption("a blocked wait was taken out of its queues")

// awaitEnd is await without a context.
func (n *Namespace) awaitEnd(w *waiter) error {
	for {
		claim := n.sleep(w)
		if p := w.failed.Load(); p != nil {
			return *p
		}
		switch claimState(claim) {
		case claimGranted:
			return nil
		case claimCancelled:
			return errWithdrawn
		case claimClosed:
			return backend.ErrClosed
		case claimNudged:
			if err := n.come(w); err != nil && !errors.Is(err, backend.ErrStalled) {
				w.fail(w.use, err)
			}
		default:
			w.fail(w.use, corruption("the claim of a blocked wait was overwritten"))
		}
	}
}

// failThrough fails the waits through a handle, or all for nil, that damage
// keeps from being ended properly.
func (n *Namespace) failThrough(o *Object, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for w := range n.waiters.all() {
		if o == nil || slices.Contains(w.req.refs, o) {
			w.failNow(err)
		}
	}
}
