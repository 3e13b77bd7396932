package shm

import (
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// Settling is how waits succeed: whoever has made an object signalled grants
// it, before letting the lock go, to the first of those queued that it
// satisfies. All objects concerned are closed then, so that no fast path
// changes them meanwhile.

// handOverAfter is how long a waiter for a mutex competes with running owners
// before the mutex is handed to it, and how long others leave it to one that was
// told to fetch it.
const handOverAfter = int64(time.Millisecond)

// maxRetries bounds a compare-and-swap that other processes disturb.
const maxRetries = 1 << 20

// close sets S and clears W, so that fast paths keep off, and remembers that
// finish must look at the object.
func (n *Namespace) close(r *objectRecord) {
	n.touched = append(n.touched, r)
	n.shut(r)
}

// shut is close without remembering it.
func (n *Namespace) shut(r *objectRecord) {
	for range maxRetries {
		s := r.state.load()
		if closed := s&^wokenBit | slowBit; s == closed || r.state.cas(s, closed) {
			return
		}
	}
	n.restless(r)
}

//go:noinline
func (n *Namespace) restless(r *objectRecord) {
	n.damaged("the state of object %d does not come to rest", n.indexOf(r))
}

// finish clears S of the objects that need it no longer, and sets W of the
// mutexes that somebody comes for. If the holder of the lock dies before, they
// stay slow until somebody uses them.
func (n *Namespace) finish() {
	for _, r := range n.touched {
		n.reopen(r)
	}
	n.touched = n.touched[:0]
}

func (n *Namespace) reopen(r *objectRecord) {
	s := r.state.load()
	kind := r.kind.load()
	if s&slowBit == 0 || r.clock.load() != clockNone || kind&flagReclaim != 0 {
		return
	}
	if r.queue.load() != 0 {
		n.leaveToNudged(r, s)
		return
	}
	if kindOf(kind) != backend.Mutex {
		r.state.put(s &^ (slowBit | wokenBit)) // nobody else writes it
		return
	}
	for range maxRetries {
		if r.state.cas(s, s&^(slowBit|wokenBit)) {
			return
		}
		s = r.state.load() // a free mutex was taken by a fast path
	}
}

// leaveToNudged sets W if a waiter that was told to fetch the mutex is on its
// way: those who unlock it meanwhile need not tell anybody.
func (n *Namespace) leaveToNudged(r *objectRecord, s uint64) {
	if !r.is(backend.Mutex) || n.nudgedWaiter(r) == 0 {
		return
	}
	for range maxRetries {
		if s&wokenBit != 0 || r.state.cas(s, s|wokenBit) {
			return
		}
		s = r.state.load() // likewise, or it was given up
	}
}

// freeze takes a free mutex out of circulation. It reports whether it is free.
func (n *Namespace) freeze(i uint32, r *objectRecord) bool {
	for range maxRetries {
		s := r.state.load()
		flag, free := n.freed(s)
		switch {
		case payload(s) == frozen:
			return true
		case !free:
			return false
		case r.state.cas(s, withPayload(s|flag, frozen)):
			n.frozen = append(n.frozen, i)
			if flag != 0 {
				n.untold = append(n.untold, i)
			}
			return true
		}
	}
	return false
}

// freed reports whether a mutex is free, and with which flag: it is an abandoned one
// if its owner is of a process that leaves, or of none. That may be a lock that comes
// too late for the reaping of what that process has. The process gives it up again if
// it lives (see giveUp); if it does not, nobody else would come. Only those who decide
// under the lock may take it so, and all of them must: whoever then goes to sleep is
// told by nobody. Whoever has slept since before the process left counts on the reaping,
// and is told by whoever takes the mutex so; see settleUntold.
func (n *Namespace) freed(s uint64) (flag uint64, free bool) {
	owner := payload(s)
	if owner == 0 || owner == frozen {
		return 0, owner == 0
	}
	slot := n.slot(ownerSlot(owner))
	if slot.left.load() != 0 || slot.alive.load() == 0 {
		return abandoned, true
	}
	return 0, false
}

// thawAll puts mutexes that nobody got back into circulation.
func (n *Namespace) thawAll() {
	if n.holding {
		return
	}
	for _, i := range n.frozen {
		n.thaw(n.object(i))
	}
	n.frozen = n.frozen[:0]
	if len(n.untold) > 0 && !n.telling {
		n.settleUntold()
	}
}

// settleUntold grants the mutexes that were taken for abandoned, and that nobody got,
// to those queued on them: the reaper will find that they are not the leaver's any more.
func (n *Namespace) settleUntold() {
	n.telling = true
	for range n.records(objectTable) {
		last := len(n.untold) - 1
		if last < 0 {
			n.telling = false
			return
		}
		i := n.untold[last]
		n.untold = n.untold[:last]
		if r := n.object(i); r.queue.load() != 0 {
			n.close(r)
			n.settle(i, r)
		}
	}
	n.damaged("mutexes of processes that leave come up again and again")
}

func (n *Namespace) thaw(r *objectRecord) {
	if s := r.state.load(); payload(s) == frozen && r.is(backend.Mutex) {
		r.state.store(withPayload(s, 0))
	}
}

// settle grants object i, which is closed, to those queued on it, in the order
// of their arrival, as far as it goes.
func (n *Namespace) settle(i uint32, r *objectRecord) {
	isMutex := r.is(backend.Mutex)
	if isMutex {
		// One time for all: a waiter's patience must not end between the look
		// at it and the look at the one behind it.
		n.settling = n.sys.Now()
	}
	e := first(r.queue.load())
	for range n.records(waiterTable) {
		if e == 0 || !isMutex && payload(r.state.load()) == 0 || isMutex && !n.freeze(i, r) {
			n.thawAll()
			return
		}
		rec := n.entry(e)
		e = first(rec.links.load())
		n.consider(first(rec.waiter.load()))
	}
	n.damaged("the queue of object %d has no end", i)
}

// consider grants waiter w what it waits for, if it can be satisfied.
func (n *Namespace) consider(w uint32) {
	r := n.waiter(w)
	if !queued(r.claim.load()) || n.ownerDied(r) {
		return
	}
	if second(r.who.load())&waitAllBit != 0 {
		if all := n.entries(r); n.allAvailable(w, r, all) {
			n.grant(w, r, 0, all)
		}
		return
	}
	for k := range n.entries(r) {
		e := n.entryAt(r, k)
		i := first(e.target.load())
		o := n.object(i)
		if !n.available(i, o, w, second(e.waiter.load())) {
			continue
		}
		if n.shouldNudge(o, r) {
			n.nudge(w, r, o)
		} else {
			n.grant(w, r, k, k+1)
		}
		return
	}
}

func (n *Namespace) ownerDied(r *waiterRecord) bool {
	slot := first(r.who.load())
	return n.slotGone(n.slot(slot))
}

func (n *Namespace) allAvailable(w uint32, r *waiterRecord, count int) bool {
	for k := range count {
		e := n.entryAt(r, k)
		i := first(e.target.load())
		if !n.available(i, n.object(i), w, second(e.waiter.load())) {
			return false
		}
	}
	return true
}

// available reports whether a closed object is signalled for a waiter. A free
// mutex that another waiter was told to fetch is that one's, until it has had
// its time.
func (n *Namespace) available(i uint32, o *objectRecord, w, owner uint32) bool {
	if !o.is(backend.Mutex) {
		return payload(o.state.load()) != 0
	}
	if owner&recursiveBit != 0 && payload(o.state.load()) == owner {
		return true
	}
	if !n.freeze(i, o) {
		return false
	}
	other := n.nudgedWaiter(o)
	return other == 0 || other == w || n.isLate(n.waiter(other))
}

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

// newClaim keeps how a waiter is woken, and names this process.
func (n *Namespace) newClaim(old uint64, state uint32) uint64 {
	return pair(n.slotIndex, uint32(old)&claimParked|state)
}

// grant gives a waiter the objects of its entries from k up to end, and takes
// it out of all queues.
func (n *Namespace) grant(w uint32, r *waiterRecord, k, end int) {
	n.startWaking()
	var wasAbandoned uint64
	for j := k; j < end; j++ {
		e := n.entryAt(r, j)
		target := e.target.load()
		o := n.object(first(target))
		if n.putConsumed(o, second(target), second(e.waiter.load())) {
			wasAbandoned |= 1 << j
		}
	}
	n.putUnlinked(r)
	c := r.claim.load()
	n.putReady(w, r, c)
	n.put(&r.abandoned, wasAbandoned)
	n.put(&r.claim, n.newClaim(c, claimGranted|uint32(k)<<claimIndexShift))
	n.commit()
	n.wake(w, r)
}

// putConsumed takes the signal of a closed object that is available. It
// reports whether it was an abandoned mutex.
func (n *Namespace) putConsumed(o *objectRecord, handle, owner uint32) (wasAbandoned bool) {
	s := o.state.load()
	kind := o.kind.load()
	switch kindOf(kind) {
	case backend.Event, backend.Timer:
		if kind&flagManual == 0 {
			n.put(&o.state, withPayload(s, 0))
		}
	case backend.Semaphore:
		n.put(&o.state, withPayload(s, payload(s)-1))
		if kind&flagReclaim != 0 {
			h := n.handle(handle)
			n.put(&h.permits, h.permits.load()+1)
		}
	case backend.Mutex:
		if payload(s) == frozen {
			n.put(&o.state, withPayload(s&^(abandoned|wokenBit), owner)) // without W, or its owner could give it up at once
			return s&abandoned != 0
		}
	}
	return false
}

// putUnlinked takes a waiter out of all its queues. The objects may then be
// opened.
func (n *Namespace) putUnlinked(r *waiterRecord) {
	for k := range n.entries(r) {
		rec := n.entryAt(r, k)
		o := n.object(first(rec.target.load()))
		n.touched = append(n.touched, o)
		n.putUnlinkedEntry(o, rec)
	}
}

func (n *Namespace) putUnlinkedEntry(o *objectRecord, e *entryRecord) {
	links, queue := e.links.load(), o.queue.load()
	next, prev := first(links), second(links)
	if next != 0 {
		x := n.entry(next)
		n.put(&x.links, pair(first(x.links.load()), prev))
	}
	if prev != 0 {
		x := n.entry(prev)
		n.put(&x.links, pair(next, second(x.links.load())))
	}
	if next == 0 || prev == 0 {
		head, tail := first(queue), second(queue)
		if prev == 0 {
			head = next
		}
		if next == 0 {
			tail = prev
		}
		n.put(&o.queue, pair(head, tail))
	}
}

// putReady hands a parked waiter of another process to that process's
// dispatcher.
func (n *Namespace) putReady(w uint32, r *waiterRecord, claim uint64) {
	slot := first(r.who.load())
	if !isParked(claim) || slot == n.slotIndex || r.ready.load()&readyBit != 0 {
		return
	}
	s := n.slot(slot)
	n.put(&r.ready, readyBit|s.ready.load())
	n.put(&s.ready, uint64(w))
}
