package shm

import "github.com/winsys-go/ipc/internal/backend"

// Whoever decides about the state of an object under the lock closes it first: while S
// is 1 fast paths keep off, but for those of mutexes that state.go names. What need not
// stay closed is opened at the end of the section.

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

// closeFresh closes object i and brings it up to date.
func (n *Namespace) closeFresh(i uint32, r *objectRecord) {
	n.close(r)
	n.refresh(i, r)
}

// refresh brings object i, which is closed, up to date: a timer that is due
// fires, and a mailslot is signalled as long as it has messages.
func (n *Namespace) refresh(i uint32, r *objectRecord) {
	switch kindOf(r.kind.load()) {
	case backend.Timer:
		n.expire(i, r)
	case backend.Mailslot:
		n.lookIntoRing(i, r)
	}
}
