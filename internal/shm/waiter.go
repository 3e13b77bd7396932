package shm

import (
	"iter"
	"sync/atomic"
)

// A waiter is this process's side of a waiter record, which it owns until it
// leaves. It is used for one wait at a time.
type waiter struct {
	n       *Namespace
	index   uint32
	rec     *waiterRecord
	token   chan struct{} // wakes the parked goroutine; one token at most
	armed   bool          // it has alarms
	direct  bool          // sleeps in its futex
	blocked bool          // a wait is queued, or has ended and is being collected
	since   int64         // when the present wait began
	use     uint64        // counts the waits, so that a late cancel is recognised

	req    request // its slices are those of room, or of wide
	room   smallRoom
	wide   *wideRoom             // what a wait for many objects needs, or nil
	before *waiter               // the one that was left before it; see guard.left
	failed atomic.Pointer[error] // the namespace is damaged: give up
	ended  atomic.Uint32         // the claim by which this process has ended the present wait
}

// A smallRoom is where the slices of a waiter's request are.
type smallRoom struct {
	refs   [inlineEntries]*Object
	owners [inlineEntries]uint32
	unique [inlineEntries]uint8
	links  [inlineEntries]handleLink
}

// A wideRoom is a smallRoom for many objects, with the block for their entries.
type wideRoom struct {
	block  uint32
	refs   [maxWait]*Object
	owners [maxWait]uint32
	unique [maxWait]uint8
	links  [maxWait]handleLink
}

// A handleLink puts a wait into the list of one handle that it goes through,
// so that closing any of them ends it.
type handleLink struct {
	next, prev *handleLink
	w          *waiter
}

// isBlocked reports whether wait number use of w goes on. n.mu is held.
func (w *waiter) isBlocked(use uint64) bool { return w.blocked && w.use == use }

// provideWaiter makes sure that claimWaiter can be served.
func (n *Namespace) provideWaiter(count int) error {
	if len(n.idle) == 0 {
		if err := n.moreWaiters(); err != nil {
			return err
		}
	}
	if count > inlineEntries && len(n.idleWide) == 0 {
		return n.moreBlocks()
	}
	return nil
}

// claimWaiter takes a waiter that was provided, with a block when it waits for
// many objects.
func (n *Namespace) claimWaiter(count int) *waiter {
	w := n.idle[len(n.idle)-1]
	n.idle = n.idle[:len(n.idle)-1]
	if count > inlineEntries {
		w.wide = n.idleWide[len(n.idleWide)-1]
		n.idleWide = n.idleWide[:len(n.idleWide)-1]
	}
	return w
}

// moreWaiters makes more waiters at once the more there are: then few of a crowd
// of goroutines come by here, which takes a larger stack than they need to wait.
func (n *Namespace) moreWaiters() error {
	batch := make([]waiter, min(n.waiters.count/8+1, waiterBatch))
	for k := range batch {
		if err := n.oneMoreWaiter(&batch[k]); err != nil && k == 0 {
			return err
		} else if err != nil {
			break // there is one
		}
	}
	return nil
}

// waiterBatch is how many waiters are made at once at most.
const waiterBatch = 64

// oneMoreWaiter takes a waiter record into this process's slot, for w.
func (n *Namespace) oneMoreWaiter(w *waiter) error {
	i, err := n.take(waiterTable, func(i uint32) *word { return &n.waiter(i).chain })
	if err != nil {
		return err
	}
	if n.waiters.at(i) != nil {
		n.damaged("waiter %d is free and in use", i)
	}
	r := (*waiterRecord)(n.taken(waiterTable, i))
	r.claim.set(uint64(claimIdle))
	r.who.set(pair(n.slotIndex, 0))
	r.ready.set(0)
	r.block.set(0)
	n.put(&r.chain, n.self.waiters.load())
	n.put(&n.self.waiters, uint64(i))
	n.commit()
	w.n, w.index, w.rec, w.token = n, i, r, make(chan struct{}, 1)
	n.waiters.add(w)
	n.idle = append(n.idle, w)
	return nil
}

// moreBlocks takes a block of entries into this process's slot.
func (n *Namespace) moreBlocks() error {
	i, err := n.take(blockTable, func(i uint32) *word { return &n.block(i).chain })
	if err != nil {
		return err
	}
	r := (*blockRecord)(n.taken(blockTable, i))
	n.put(&r.chain, n.self.blocks.load())
	n.put(&n.self.blocks, uint64(i))
	n.commit()
	n.idleWide = append(n.idleWide, &wideRoom{block: i})
	return nil
}

// enqueue queues a wait, which began at since, on all its objects, which are
// closed and do not satisfy it.
func (n *Namespace) enqueue(req *request, since int64) *waiter {
	w := n.claimWaiter(len(req.refs))
	w.since = since
	n.fillWaiter(w, req)
	for k, at := range req.objects() {
		o := req.refs[at]
		index := n.entryOf(w.index, w.rec, k)
		e := n.entryAt(w.rec, k)
		r := n.object(o.index)
		queue := r.queue.load()
		e.target.set(pair(o.index, o.handle))
		e.waiter.set(pair(w.index, req.owners[at]))
		e.links.set(pair(0, second(queue)))
		if tail := second(queue); tail != 0 {
			x := n.entry(tail)
			n.put(&x.links, pair(index, second(x.links.load())))
			n.put(&r.queue, pair(first(queue), index))
		} else {
			n.put(&r.queue, pair(index, index))
		}
	}
	h := n.header()
	ticket := h.ticket.load() + 1
	w.rec.ticket.set(ticket)
	n.put(&h.ticket, ticket)
	claim := uint64(claimWaiting)
	if !w.direct {
		claim |= claimParked
	}
	n.put(&w.rec.claim, claim)
	n.commit()
	n.waiters.begin(w)
	n.linkHandles(w)
	if !w.direct {
		n.startDispatcher()
	}
	return w
}

// waitersOf gives those queued on an object, in the order of their arrival.
func (n *Namespace) waitersOf(r *objectRecord) iter.Seq[*waiterRecord] {
	return func(yield func(*waiterRecord) bool) {
		e := first(r.queue.load())
		for range n.records(waiterTable) {
			if e == 0 {
				return
			}
			rec := n.entry(e)
			if !yield(n.waiter(first(rec.waiter.load()))) {
				return
			}
			e = first(rec.links.load())
		}
		n.damaged("the queue of object %d has no end", n.indexOf(r))
	}
}

// fillWaiter prepares a waiter, which nobody can reach before it is queued.
func (n *Namespace) fillWaiter(w *waiter, req *request) {
	w.take(req)
	w.use++
	w.ended.Store(0)
	if len(w.token) > 0 {
		<-w.token
	}
	count := uint32(req.distinct)
	if req.all {
		count |= waitAllBit
	}
	w.rec.who.set(pair(n.slotIndex, count))
	w.rec.since.set(uint64(w.since))
	w.rec.called.set(0)
	w.rec.abandoned.set(0)
	w.rec.block.set(0)
	if req.distinct > inlineEntries {
		w.rec.block.set(uint64(w.wide.block))
	}
	w.direct = n.takeDirect(w)
}

// take copies a request, field by field, or it would not stay on its stack.
func (w *waiter) take(req *request) {
	refs, owners, unique := w.room.refs[:], w.room.owners[:], w.room.unique[:]
	if x := w.wide; x != nil {
		refs, owners, unique = x.refs[:], x.owners[:], x.unique[:]
	}
	w.req.refs = refs[:copy(refs, req.refs)]
	w.req.owners = owners[:copy(owners, req.owners)]
	w.req.unique = unique[:copy(unique, req.unique)]
	w.req.distinct, w.req.owned, w.req.all = req.distinct, req.owned, req.all
}

// links are those of a wait into the lists of its handles, one for each of req.refs.
func (w *waiter) links() []handleLink {
	if w.wide != nil {
		return w.wide.links[:len(w.req.refs)]
	}
	return w.room.links[:len(w.req.refs)]
}

// linkHandles enters a wait into the lists of its handles.
func (n *Namespace) linkHandles(w *waiter) {
	links := w.links()
	for k, o := range w.req.refs {
		l := &links[k]
		*l = handleLink{w: w}
		if l.next = o.waits; l.next != nil {
			l.next.prev = l
		}
		o.waits = l
	}
}

func (w *waiter) unlinkHandles() {
	links := w.links()
	for k, o := range w.req.refs {
		l := &links[k]
		if l.next != nil {
			l.next.prev = l.prev
		}
		if l.prev != nil {
			l.prev.next = l.next
		} else {
			o.waits = l.next
		}
		*l = handleLink{}
	}
}

// release makes w, whose wait is over, ready for another one. n.mu is held.
func (n *Namespace) release(w *waiter) {
	w.unlinkHandles()
	n.waiters.end(w)
	n.quieten()
	n.giveDirect(w)
	n.disarm(w)
	clear(w.req.refs)
	if w.failed.Load() != nil {
		return // its record may still be queued: leave it alone
	}
	if w.wide != nil {
		n.idleWide = append(n.idleWide, w.wide)
		w.wide = nil
	}
	w.rec.claim.store(uint64(claimIdle))
	n.idle = append(n.idle, w)
}
