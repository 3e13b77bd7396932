package shm

import (
	"iter"

	"github.com/winsys-go/ipc/internal/backend"
)

// Handle records stand in two lists, that of their object and that of their
// slot. The functions whose names begin with put add to a change that the
// caller commits.

func nextHandle(r *handleRecord) *word { return &r.ofObj }

// putHandle adds a handle of this process to object i, which has some already
// or is permanent.
func (n *Namespace) putHandle(i uint32, r *objectRecord) (uint32, error) {
	handles := r.handles.load()
	h, rec, err := n.takeHandle(i)
	if err != nil {
		return 0, err
	}
	if head := first(handles); head != 0 {
		old := n.handle(head)
		n.put(&old.ofObj, pair(first(old.ofObj.load()), h))
	}
	n.put(&rec.ofObj, pair(first(handles), 0))
	n.put(&r.handles, pair(h, second(handles)+1))
	return h, nil
}

// putFirstHandle gives a new object its first handle.
func (n *Namespace) putFirstHandle(i uint32, r *objectRecord) (uint32, error) {
	h, rec, err := n.takeHandle(i)
	if err != nil {
		return 0, err
	}
	n.put(&rec.ofObj, 0)
	n.put(&r.handles, pair(h, 1))
	return h, nil
}

// takeHandle takes a handle record for object i into the list of this slot.
func (n *Namespace) takeHandle(i uint32) (uint32, *handleRecord, error) {
	h, err := n.take(handleTable, func(i uint32) *word { return nextHandle(n.handle(i)) })
	if err != nil {
		return 0, nil, err
	}
	rec := (*handleRecord)(n.taken(handleTable, h))
	rec.place.set(pair(i, n.slotIndex))
	rec.permits.set(0)
	rec.ofSlot.set(pair(n.putFirstOfSlot(h), 0))
	return h, rec, nil
}

// putFirstOfSlot puts a handle in front of the list of this slot. It gives the one
// that comes next, to which the handle's own links must lead.
func (n *Namespace) putFirstOfSlot(h uint32) (next uint32) {
	if next = uint32(n.self.handles.load()); next != 0 {
		x := n.handle(next)
		n.put(&x.ofSlot, pair(first(x.ofSlot.load()), h))
	}
	n.put(&n.self.handles, uint64(h))
	return next
}

// dropHandle removes a handle, with the object when it was its last, and gives
// back the permits that its process took through it, unless that process has
// another handle to carry them.
func (n *Namespace) dropHandle(h uint32, rec *handleRecord) {
	place := rec.place.load()
	i, slot := first(place), second(place)
	r := n.object(i)
	handles := r.handles.load()
	if count := second(handles); count == 0 || count >= n.records(handleTable) {
		n.damaged("object %d has a handle and counts %d", i, count)
	}
	n.close(r)
	switch {
	case isReader(r, rec):
		n.endMailslot(i, r)
	case r.is(backend.Mailslot):
		n.lookIntoRing(i, r) // its process may have sent what nobody was told of yet
	}
	n.unlinkOfSlot(slot, rec)
	n.unlinkOfObject(r, h, rec, handles)
	last := second(handles) == 1
	returned := false
	permits := permitsOf(r, rec)
	if permits != 0 && !last {
		returned = n.putPermitsElsewhere(r, h, slot, permits)
	}
	if last && r.kind.load()&flagPermanent == 0 {
		n.putDestroyed(i, r)
	} else if permits != 0 && last {
		n.putCount(r, permits)
	}
	n.putHandleFree(h, rec)
	n.commit()
	if returned {
		n.settle(i, r)
	}
}

// putHandleFree puts a handle record, which is out of its lists, among the
// free ones.
func (n *Namespace) putHandleFree(h uint32, rec *handleRecord) {
	n.give(handleTable, h, nextHandle(rec))
}

func (n *Namespace) unlinkOfSlot(slot uint32, rec *handleRecord) {
	links := rec.ofSlot.load()
	next, prev := first(links), second(links)
	if next != 0 {
		r := n.handle(next)
		n.put(&r.ofSlot, pair(first(r.ofSlot.load()), prev))
	}
	if prev != 0 {
		r := n.handle(prev)
		n.put(&r.ofSlot, pair(next, second(r.ofSlot.load())))
	} else {
		n.put(&n.slot(slot).handles, uint64(next))
	}
}

// unlinkOfObject takes a handle out of its object's list. When it was the
// last one, the word is left to putDestroyed for an object that goes.
func (n *Namespace) unlinkOfObject(r *objectRecord, h uint32, rec *handleRecord, handles uint64) {
	links := rec.ofObj.load()
	next, prev := first(links), second(links)
	head := first(handles)
	if next != 0 {
		x := n.handle(next)
		n.put(&x.ofObj, pair(first(x.ofObj.load()), prev))
	}
	if prev != 0 {
		x := n.handle(prev)
		n.put(&x.ofObj, pair(next, second(x.ofObj.load())))
	} else {
		head = next
	}
	n.put(&r.handles, pair(head, second(handles)-1))
}

// permitsOf is the number of permits that were taken through a handle and must
// come back.
func permitsOf(r *objectRecord, rec *handleRecord) uint64 {
	if r.kind.load()&flagReclaim == 0 {
		return 0
	}
	return rec.permits.load() & (1<<markShift - 1)
}

// putPermitsElsewhere moves the permits of a handle that goes to another one
// of the same process or, when there is none, back to the semaphore; it
// reports the latter.
func (n *Namespace) putPermitsElsewhere(r *objectRecord, gone, slot uint32, permits uint64) (returned bool) {
	if h := n.handleOf(r, slot, gone); h != 0 {
		x := n.handle(h)
		n.put(&x.permits, x.permits.load()+permits)
		return false
	}
	n.putCount(r, permits)
	return true
}

// handleOf finds a handle of a slot to an object, other than one.
func (n *Namespace) handleOf(r *objectRecord, slot, other uint32) uint32 {
	for h, rec := range n.handlesOf(r) {
		if h != other && second(rec.place.load()) == slot {
			return h
		}
	}
	return 0
}

// handlesOf gives the handles to an object, as far as its list goes.
func (n *Namespace) handlesOf(r *objectRecord) iter.Seq2[uint32, *handleRecord] {
	return func(yield func(uint32, *handleRecord) bool) {
		handles := r.handles.load()
		h := first(handles)
		for range min(second(handles), n.records(handleTable)) {
			if h == 0 {
				return
			}
			rec := n.handle(h)
			if !yield(h, rec) {
				return
			}
			h = first(rec.ofObj.load())
		}
	}
}

// putCount gives permits back to a semaphore, never beyond its maximum.
func (n *Namespace) putCount(r *objectRecord, permits uint64) {
	s := r.state.load()
	n.put(&r.state, withPayload(s, uint32(min(uint64(payload(s))+permits, r.max.load()))))
}

// putDestroyed frees an object without handles: its name, its ring, its record,
// and by a new generation every use of it that is still under way.
func (n *Namespace) putDestroyed(i uint32, r *objectRecord) {
	if r.queue.load() != 0 {
		n.damaged("object %d has waits and no handle", i)
	}
	n.putNameFree(i, r)
	n.putRingFree(r)
	n.put(&r.state, nextGeneration(r.state.load()))
	n.give(objectTable, i, &r.chain)
}

// nextGeneration is the state of a record that is free. It is never 0, so that
// memory that was lost cannot pass for an object.
func nextGeneration(state uint64) uint64 {
	g := generation(state) + generationUnit
	if g == 0 {
		g = generationUnit
	}
	return g
}
