package shm

import (
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A waiter for a single mutex is nudged when that is free: told to fetch it, and woken,
// rather than given it. fetch.go has what it does then.

// handOverAfter is how long a waiter for a mutex competes with running owners
// before the mutex is handed to it, and how long others leave it to one that was
// told to fetch it.
const handOverAfter = int64(time.Millisecond)

// nudgedWaiter gives the live waiter that was told to fetch a mutex, if any.
func (n *Namespace) nudgedWaiter(o *objectRecord) uint32 {
	w := uint32(o.nudged.load())
	if w == 0 {
		return 0
	}
	r := n.waiter(w)
	if claimState(r.claim.load()) != claimNudged || n.ownerDied(r) {
		return 0
	}
	if n.object(first(r.inline[0].target.load())) != o {
		return 0
	}
	return w
}

// isLate reports whether a waiter that was told to fetch a mutex has not come
// in its time: it may be stopped.
func (n *Namespace) isLate(r *waiterRecord) bool {
	return n.settling-int64(r.called.load()) >= handOverAfter
}

// starves reports whether a waiter came for a mutex in vain and has waited long
// enough. Only then is it worth the while of everybody else, who cannot have the
// mutex before it runs.
func (n *Namespace) starves(r *waiterRecord) bool {
	return r.called.load() != 0 && claimState(r.claim.load()) == claimWaiting &&
		n.settling-int64(r.since.load()) >= handOverAfter
}

// shouldNudge reports whether a waiter should be told to fetch the mutex,
// against running owners, rather than be given it.
func (n *Namespace) shouldNudge(o *objectRecord, r *waiterRecord) bool {
	return o.is(backend.Mutex) &&
		n.entries(r) == 1 && payload(o.state.load()) == frozen && !n.starves(r)
}

// nudge tells a waiter to fetch a free mutex. It stays in the queue. One that is
// late is woken again: whoever told it may have been stopped before it did.
func (n *Namespace) nudge(w uint32, r *waiterRecord, o *objectRecord) {
	c := r.claim.load()
	if claimState(c) == claimNudged {
		if n.isLate(r) {
			n.startWaking()
			n.wake(w, r)
		}
		return
	}
	n.startWaking()
	n.put(&o.nudged, uint64(w))
	n.put(&r.called, uint64(n.settling))
	n.putReady(w, r, c)
	n.put(&r.claim, n.newClaim(c, claimNudged))
	n.commit()
	n.wake(w, r)
}
