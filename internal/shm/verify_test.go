//go:build ipcseam

package shm

import (
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// verify checks the invariants that hold whenever the lock is free (it is held
// by the caller): queues and lists consistent, nobody queued who could be
// satisfied, nothing half done, no lock held by the dead.
func (n *Namespace) verify() error {
	if n.header().logCount.load() != 0 {
		return fmt.Errorf("the log is committed and not done")
	}
	used := n.header().tables[objectTable].used.load()
	free, err := n.freeSet(objectTable, func(i uint32) *word { return &n.object(i).chain })
	if err != nil {
		return err
	}
	handles := 0
	for i := uint32(1); uint64(i) < used; i++ {
		if free[i] {
			continue
		}
		r := n.object(i)
		if err := n.verifyObject(i, r); err != nil {
			return fmt.Errorf("object %d (%v): %w", i, kindOf(r.kind.load()), err)
		}
		handles += int(second(r.handles.load()))
	}
	if err := n.verifyHandles(handles); err != nil {
		return err
	}
	return n.verifyRecords(free)
}

// verifyRecords: every waiter, block and chunk that was handed out is free or
// somebody's, and nothing is lost.
func (n *Namespace) verifyRecords(freeObjects map[uint32]bool) error {
	waiters, blocks, chunks, rings := 0, 0, 0, 0
	for i := uint32(1); i < n.slotLimit(); i++ {
		r := n.slot(i)
		if alive := r.alive.load(); alive == 0 && (r.waiters.load() != 0 || r.blocks.load() != 0 || r.handles.load() != 0 || r.waking.load() != 0) {
			return fmt.Errorf("slot %d is free and has waiters %d, blocks %d, handles %d, waking %d", i, r.waiters.load(), r.blocks.load(), r.handles.load(), r.waking.load())
		}
		waiters += n.length(uint32(r.waiters.load()), func(i uint32) *word { return &n.waiter(i).chain })
		blocks += n.length(uint32(r.blocks.load()), func(i uint32) *word { return &n.block(i).chain })
	}
	used := n.header().tables[objectTable].used.load()
	for i := uint32(1); uint64(i) < used; i++ {
		if !freeObjects[i] {
			r := n.object(i)
			chunks += (len(n.nameOf(r)) + chunkText - 1) / chunkText
			if r.is(backend.Mailslot) {
				rings++
			}
		}
	}
	for _, x := range []struct {
		table tableID
		inUse int
		next  func(uint32) *word
	}{
		{waiterTable, waiters, func(i uint32) *word { return &n.waiter(i).chain }},
		{blockTable, blocks, func(i uint32) *word { return &n.block(i).chain }},
		{chunkTable, chunks, func(i uint32) *word { return &n.chunk(i).next }},
		{ringTable, rings, func(i uint32) *word { return &n.ringRecord(i).chain }},
	} {
		free, err := n.freeSet(x.table, x.next)
		if err != nil {
			return err
		}
		if used := int(n.header().tables[x.table].used.load()) - 1; used != x.inUse+len(free) {
			return fmt.Errorf("table %d: of %d records %d are in use and %d free", x.table, used, x.inUse, len(free))
		}
	}
	return nil
}

// length counts a list of records.
func (n *Namespace) length(i uint32, next func(uint32) *word) (count int) {
	for ; i != 0; i = uint32(next(i).load()) {
		count++
	}
	return count
}

func (n *Namespace) freeSet(t tableID, next func(uint32) *word) (map[uint32]bool, error) {
	set := map[uint32]bool{}
	for i := uint32(n.header().tables[t].free.load()); i != 0; i = uint32(next(i).load()) {
		if set[i] {
			return nil, fmt.Errorf("the free list of table %d has a cycle", t)
		}
		set[i] = true
	}
	return set, nil
}

func (n *Namespace) verifyObject(i uint32, r *objectRecord) error {
	s := r.state.load()
	isMutex := r.is(backend.Mutex)
	switch {
	case s&pulseBit != 0:
		return fmt.Errorf("a pulse is not over")
	case isMutex && payload(s) == frozen:
		return fmt.Errorf("frozen")
	case s&wokenBit != 0 && (!isMutex || !n.isOnItsWay(r)):
		return fmt.Errorf("W is set and nobody comes")
	case r.queue.load() != 0 && s&slowBit == 0:
		return fmt.Errorf("waits are queued and S is 0")
	case second(r.handles.load()) == 0 && r.kind.load()&flagPermanent == 0:
		return fmt.Errorf("alive without handles")
	}
	if r.is(backend.Mailslot) {
		if err := n.verifyMailslot(r); err != nil {
			return err
		}
	}
	if isMutex && payload(s) != 0 {
		slot := ownerSlot(payload(s))
		if alive := n.slot(slot).alive.load(); alive == 0 {
			return fmt.Errorf("owned by slot %d, which is free", slot)
		}
	}
	count := uint32(0)
	prev := uint32(0)
	for h := first(r.handles.load()); h != 0; count++ {
		rec := n.handle(h)
		if first(rec.place.load()) != i || second(rec.ofObj.load()) != prev || count > 1000 {
			return fmt.Errorf("its list of handles is broken")
		}
		prev, h = h, first(rec.ofObj.load())
	}
	if count != second(r.handles.load()) {
		return fmt.Errorf("counts %d handles, has %d", second(r.handles.load()), count)
	}
	return n.verifyQueue(i, r)
}

// verifyMailslot: the payload is what those who wait may believe, and nobody but the
// owner of the gate waits for room.
func (n *Namespace) verifyMailslot(r *objectRecord) error {
	ring := n.ringRecord(uint32(r.max.load()))
	full := payload(r.state.load()) != 0
	if r.queue.load() != 0 && ring.empty() == full {
		return fmt.Errorf("somebody waits, it has %d messages, and its payload says %v", ring.messages(), full)
	}
	gate := n.object(first(ring.parts.load()))
	if ring.wanted.load() != 0 && gate.max.load() == r.max.load() && payload(gate.state.load()) == 0 {
		return fmt.Errorf("nobody has the gate, and it waits for room of %d bytes", ring.wanted.load())
	}
	return nil
}

// isOnItsWay reports whether a waiter, dead or alive, was told to fetch a mutex
// and is queued on it.
func (n *Namespace) isOnItsWay(r *objectRecord) bool {
	for e := first(r.queue.load()); e != 0; e = first(n.entry(e).links.load()) {
		if w := first(n.entry(e).waiter.load()); w == uint32(r.nudged.load()) {
			return claimState(n.waiter(w).claim.load()) == claimNudged
		}
	}
	return false
}

func (n *Namespace) verifyQueue(i uint32, r *objectRecord) error {
	prev, ticket := uint32(0), uint64(0)
	for e := first(r.queue.load()); e != 0; {
		rec := n.entry(e)
		w := n.waiter(first(rec.waiter.load()))
		c := w.claim.load()
		switch {
		case first(rec.target.load()) != i || second(rec.links.load()) != prev:
			return fmt.Errorf("its queue is broken")
		case !queued(c):
			return fmt.Errorf("a wait is queued whose claim is %d", claimState(c))
		case w.ticket.load() <= ticket:
			return fmt.Errorf("its queue is out of order")
		}
		ticket = w.ticket.load()
		if err := n.verifyUnsatisfied(first(rec.waiter.load()), w); err != nil {
			return err
		}
		prev, e = e, first(rec.links.load())
	}
	if second(r.queue.load()) != prev {
		return fmt.Errorf("its queue has another end")
	}
	return nil
}

// verifyUnsatisfied: a live wait that is queued cannot be satisfied, except
// that a free mutex may have been left to a waiter that was told to come.
func (n *Namespace) verifyUnsatisfied(i uint32, w *waiterRecord) error {
	if n.ownerDied(w) || claimState(w.claim.load()) == claimNudged {
		return nil
	}
	count := n.entries(w)
	ready := 0
	for k := range count {
		e := n.entry(n.entryOf(i, w, k))
		o := n.object(first(e.target.load()))
		p := payload(o.state.load())
		isMutex := o.is(backend.Mutex)
		if isMutex && p == 0 && n.nudgedWaiter(o) == 0 || !isMutex && p != 0 {
			ready++
		}
	}
	all := second(w.who.load())&waitAllBit != 0
	if all && ready == count || !all && ready > 0 {
		return fmt.Errorf("wait %d is queued and could be satisfied", i)
	}
	return nil
}

func (n *Namespace) verifyHandles(want int) error {
	free, err := n.freeSet(handleTable, func(i uint32) *word { return &n.handle(i).ofObj })
	if err != nil {
		return err
	}
	used := int(n.header().tables[handleTable].used.load()) - 1
	if used-len(free) != want {
		return fmt.Errorf("%d handles are in use and %d are open", used-len(free), want)
	}
	listed := 0
	for i := uint32(1); i < n.slotLimit(); i++ {
		for h := uint32(n.slot(i).handles.load()); h != 0; h = first(n.handle(h).ofSlot.load()) {
			if listed++; listed > used {
				return fmt.Errorf("the list of handles of slot %d is broken", i)
			}
		}
	}
	if listed != want {
		return fmt.Errorf("slots list %d handles, objects %d", listed, want)
	}
	return nil
}
