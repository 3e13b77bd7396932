package shm

import "github.com/winsys-go/ipc/internal/backend"

// Settling is how waits succeed: whoever has made an object signalled grants
// it, before letting the lock go, to the first of those queued that it
// satisfies. All objects concerned are closed then, so that no fast path
// changes them meanwhile.

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
	return n.slot(first(r.who.load())).gone()
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
