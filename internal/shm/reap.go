package shm

import (
	"errors"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// Reaping clears up what a dead process had: its waits are taken out, its
// mutexes abandoned, its handles closed, in that order; then whoever it had
// granted something is woken, and last its slot is freed. Any process may do
// it, many at once, and each may die at any step: the next one finds what is
// left.

const (
	reapBatch = 256  // handles closed before the lock is let go for a moment
	scanBatch = 4096 // objects looked at likewise

	// maxStages bounds how often a stage runs: more would be more handles or
	// objects than there can be.
	maxStages = maxHandles/reapBatch + 2
)

// reapDead reaps every dead process of the namespace. One slow barrier is enough
// for all; who needs another has died meanwhile.
func (n *Namespace) reapDead() {
	limit := n.slotLimit()
	slow := false
	for i := uint32(1); i < limit; i++ {
		r := n.slotAt(i)
		if r.alive.load() == 0 || i == n.slotIndex || !n.probe(i, r) {
			continue
		}
		if !slow && unfenced(r) {
			n.fenceDead()
			slow = true
		}
		n.reapFenced(i) // what fails here fails again where it matters
	}
}

// reap reaps slot i if its process is dead. It may take a slow barrier.
func (n *Namespace) reap(i uint32) error {
	if unfenced(n.slotAt(i)) {
		n.fenceDead()
	}
	return n.reapFenced(i)
}

// reapFenced reaps slot i if its process is dead and fenced.
func (n *Namespace) reapFenced(i uint32) error {
	r := n.slotAt(i)
	generation := r.generation.load()
	if !isDead(r.alive.load()) || r.fenced.load() != fencedMark(generation) {
		return nil
	}
	n.sys.Barrier()
	if err := n.reapSlot(i, generation); err != nil {
		return err
	}
	n.ringPredecessors(i)
	return nil
}

// reapSlot clears up slot i as long as it has that generation. Damage stops it
// where it is met, and shows up in the operations of the living.
func (n *Namespace) reapSlot(i uint32, generation uint64) error {
	stages := []func(i uint32, r *slotRecord) (again bool){
		n.reapWaits, n.reapMutexes, n.reapHandles,
	}
	for _, stage := range stages {
		if err := n.whileReaping(i, generation, stage); err != nil {
			return err
		}
	}
	if err := n.reapStrayMutexes(i, generation); err != nil {
		return err
	}
	n.wakeScan(i)
	return n.whileReaping(i, generation, n.freeSlot)
}

// whileReaping runs a stage under the lock, again and again as long as it asks
// for that.
func (n *Namespace) whileReaping(i uint32, generation uint64, stage func(i uint32, r *slotRecord) (again bool)) error {
	again := true
	for range maxStages {
		do := func() error {
			r := n.slot(i)
			again = r.generation.load() == generation && n.mayReap(i, r) && stage(i, r)
			return nil
		}
		var err error
		if i == n.slotIndex {
			n.mu.Lock() // nobody else of this process may do anything any more
			err = n.section(do)
		} else {
			err = n.lockedOnce(do)
		}
		var d deadHolder
		if errors.As(err, &d) { // the lock's holder is dead and not fenced
			n.fenceDead()
			continue
		}
		if err != nil || !again {
			return err
		}
	}
	return fmt.Errorf("%w: what slot %d has does not come to an end", backend.ErrCorrupt, i)
}

// mayReap: a process reaps itself when it leaves.
func (n *Namespace) mayReap(i uint32, r *slotRecord) bool {
	return i == n.slotIndex || isDead(r.alive.load())
}

// reapWaits takes the waits of slot i out of their queues.
func (n *Namespace) reapWaits(i uint32, r *slotRecord) (again bool) {
	w := uint32(r.waiters.load())
	for range n.records(waiterTable) {
		if w == 0 {
			return false
		}
		rec := n.waiter(w)
		if queued(rec.claim.load()) && first(rec.who.load()) == i {
			if nudged := n.takeOut(rec, claimCancelled); nudged != 0 {
				n.settle(nudged, n.object(nudged))
			}
		}
		w = uint32(rec.chain.load())
	}
	n.damaged("the list of waits of slot %d has no end", i)
	return false
}

// reapMutexes abandons the mutexes that slot i owns and has open.
func (n *Namespace) reapMutexes(i uint32, r *slotRecord) (again bool) {
	h := uint32(r.handles.load())
	for range n.records(handleTable) {
		if h == 0 {
			return false
		}
		rec := n.handle(h)
		n.abandonOf(i, first(rec.place.load()))
		h = first(rec.ofSlot.load())
	}
	n.damaged("the list of handles of slot %d has no end", i)
	return false
}

// abandonOf abandons object k if it is a mutex that slot i owns.
func (n *Namespace) abandonOf(i, k uint32) {
	r := n.object(k)
	owner := payload(r.state.load())
	if r.is(backend.Mutex) && owner != 0 && owner != frozen && ownerSlot(owner) == i {
		n.close(r) // or a process that leaves frees it now
		if payload(r.state.load()) == owner {
			n.endWriting(k, r)
		}
		n.pass(k, r, owner, abandoned)
	}
}

// reapHandles closes the handles of slot i.
func (n *Namespace) reapHandles(_ uint32, r *slotRecord) (again bool) {
	for range reapBatch {
		h := uint32(r.handles.load())
		if h == 0 {
			return false
		}
		n.dropHandle(h, n.handle(h))
	}
	return true
}

// reapStrayMutexes abandons the mutexes that slot i owns without a handle: an
// Owner keeps them when the handle is closed, and a lock may be on its way
// while its handle is being closed.
func (n *Namespace) reapStrayMutexes(i uint32, generation uint64) error {
	k := uint32(1)
	return n.whileReaping(i, generation, func(uint32, *slotRecord) (again bool) {
		used := n.header().tables[objectTable].used.load()
		for range scanBatch {
			if uint64(k) >= used {
				return false
			}
			if p := payload(n.object(k).state.load()); p != 0 && ownerSlot(p) == i {
				n.abandonOf(i, k)
			}
			k++
		}
		return true
	})
}

// wakeScan wakes every wait that is over, if slot i died, or its process may
// have, before it had woken those that it granted something.
func (n *Namespace) wakeScan(i uint32) {
	if n.slotAt(i).waking.load() == 0 {
		return
	}
	used := min(n.header().tables[waiterTable].used.load(), maxWaiters)
	for w := uint32(1); uint64(w) < used; w++ {
		r := n.waiterAt(w)
		c := r.claim.load()
		if s := claimState(c); s != claimIdle && s != claimWaiting && !isParked(c) {
			n.sys.Wake(futexOf(&r.claim), everybody)
		}
	}
	limit := n.slotLimit()
	for k := uint32(1); k < limit; k++ {
		if r := n.slotAt(k); r.alive.load() != 0 {
			n.ring(r) // for its ready list, or for a timer that was set
		}
	}
}

// freeSlot gives the records of slot i back and frees it. A process that
// leaves keeps its alive word and generation, see leave, and the count of those
// that it wakes, which this very section may have raised.
func (n *Namespace) freeSlot(i uint32, r *slotRecord) (again bool) {
	n.putRecordsFree(waiterTable, &r.waiters, func(k uint32) *word { return &n.waiter(k).chain })
	n.putRecordsFree(blockTable, &r.blocks, func(k uint32) *word { return &n.block(k).chain })
	n.put(&r.ready, 0)
	if i == n.slotIndex {
		n.commit()
		return false
	}
	n.put(&r.waking, 0)
	n.put(&r.generation, r.generation.load()+1)
	n.commit()
	for k := watched - 1; k >= 0; k-- {
		r.knell(k).store(0) // alive last: then others may claim the slot
	}
	return false
}

// putRecordsFree gives a slot's list of records back to their table.
func (n *Namespace) putRecordsFree(t tableID, head *word, next func(uint32) *word) {
	k := uint32(head.load())
	if k == 0 {
		return
	}
	last := next(k)
	for range n.records(t) {
		c := uint32(last.load())
		if c == 0 {
			n.give(t, k, last)
			n.put(head, 0)
			return
		}
		last = next(c)
	}
	n.damaged("a list of records of table %d has no end", t)
}
