package shm

import (
	"fmt"
	"math/rand/v2"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Transit is a handle that is on its way to another process, which it keeps
// the object alive for. Until it is received it is one of the sender's handles
// in the segment, though of none of its Objects: if the sender ends, it is closed
// like the others.
//
// Receiving moves the record from the sender's list to that of the receiver, by
// one transaction: whoever dies, it is in one of the two.
type Transit struct {
	Kind       backend.Kind
	Handle     uint32
	Object     uint32
	Generation uint64 // of the object
	Slot       uint32
	SlotUse    uint64 // generation of the slot
	Mark       uint64 // tells the record from a later one
}

// Send makes a handle for another process.
func (o *Object) Send() (t Transit, err error) {
	switch o.kind {
	case backend.Event, backend.Mutex, backend.Semaphore, backend.Timer:
	default:
		return t, fmt.Errorf("%w: a %v cannot be handed to another process", backend.ErrInvalidUse, o.kind)
	}
	err = o.locked(func(r *objectRecord) error {
		n := o.n
		h, err := n.putHandle(o.index, r)
		if err != nil {
			return err
		}
		n.commit()
		t = Transit{o.kind, h, o.index, o.base, n.slotIndex, n.generation, rand.Uint64() | 1}
		if r.kind.load()&flagReclaim == 0 {
			n.handle(h).permits.store(t.Mark)
		}
		return nil
	})
	return t, err
}

// Receive makes o the handle that t stands for. That can be done once.
func (n *Namespace) Receive(o *Object, t Transit) error {
	return n.locked(func() error {
		if n.closed {
			return backend.ErrClosed
		}
		r, rec, err := n.findTransit(t)
		if err != nil {
			return err
		}
		if err := n.numberOwner(o, r.kind.load()); err != nil {
			return err
		}
		if t.Slot != n.slotIndex {
			n.putMoved(t, rec)
		}
		n.put(&rec.permits, 0)
		n.commit()
		o.bind(n, t.Object, t.Handle, r, true)
		return nil
	})
}

// Recall closes a handle that this process has sent and nobody has received.
func (n *Namespace) Recall(t Transit) {
	n.locked(func() error {
		if n.closed || t.Slot != n.slotIndex {
			return nil
		}
		_, rec, err := n.findTransit(t)
		if err == nil {
			rec.permits.store(0)
			n.dropHandle(t.Handle, rec)
		}
		return nil
	})
}

// findTransit finds the records of a handle that was sent. What t says may be
// wrong, or not be so any more.
func (n *Namespace) findTransit(t Transit) (*objectRecord, *handleRecord, error) {
	if t.Slot == 0 || t.Slot >= n.slotLimit() || t.Handle == 0 || t.Handle >= n.records(handleTable) ||
		t.Object == 0 || t.Object >= n.records(objectTable) {
		return nil, nil, errNotSent
	}
	slot, rec, r := n.slot(t.Slot), n.handle(t.Handle), n.object(t.Object)
	switch kind := r.kind.load(); {
	case slot.generation.load() != t.SlotUse || n.slotGone(slot):
		return nil, nil, fmt.Errorf("%w: the process that handed it over has ended", backend.ErrNotExist)
	case generation(r.state.load()) != t.Generation || rec.place.load() != pair(t.Object, t.Slot) || t.Kind != backend.Kind(kind&kindMask):
		return nil, nil, errNotSent
	case kind&flagReclaim == 0 && rec.permits.load() != t.Mark:
		return nil, nil, errNotSent
	}
	return r, rec, nil
}

var errNotSent = fmt.Errorf("%w: it was received already, or was never handed over", backend.ErrNotExist)

// putMoved moves a handle record into the list of this process's slot.
func (n *Namespace) putMoved(t Transit, rec *handleRecord) {
	n.unlinkOfSlot(t.Slot, rec)
	head := uint32(n.self.handles.load())
	if head != 0 {
		old := n.handle(head)
		n.put(&old.ofSlot, pair(first(old.ofSlot.load()), t.Handle))
	}
	n.put(&rec.place, pair(t.Object, n.slotIndex))
	n.put(&rec.ofSlot, pair(head, 0))
	n.put(&n.self.handles, uint64(t.Handle))
}
