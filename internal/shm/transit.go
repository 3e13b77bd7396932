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
	Kind       backend.Kind `json:"k"`
	Handle     uint32       `json:"h"`
	Object     uint32       `json:"o"`
	Generation uint64       `json:"g"` // of the object
	Slot       uint32       `json:"s"`
	SlotUse    uint64       `json:"u"` // generation of the slot
	Mark       uint32       `json:"m"` // tells the record from a later one
}

// The mark is in the upper half of a record's permits, whose number it leaves as
// it is: other handles of the sender may leave theirs to this one.
const markShift = 32

func mark(rec *handleRecord) uint32 { return uint32(rec.permits.load() >> markShift) }

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
		t = Transit{o.kind, h, o.index, o.base, n.slotIndex, n.generation, rand.Uint32() | 1}
		n.handle(h).permits.store(uint64(t.Mark) << markShift)
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
		permits, returned := permitsOf(r, rec), false
		if t.Slot == n.slotIndex {
			n.put(&rec.permits, permits)
		} else {
			if permits != 0 { // the sender has taken them, and still has them
				n.close(r)
				returned = n.putPermitsElsewhere(r, t.Handle, t.Slot, permits)
			}
			n.putMoved(t, rec)
			n.put(&rec.permits, 0)
		}
		n.commit()
		if returned {
			n.settle(t.Object, r)
		}
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
		r, rec, err := n.findTransit(t)
		if err == nil {
			rec.permits.store(permitsOf(r, rec))
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
	switch {
	case slot.generation.load() != t.SlotUse || slot.gone():
		return nil, nil, fmt.Errorf("%w: the process that handed it over has ended", backend.ErrNotExist)
	case generation(r.state.load()) != t.Generation || rec.place.load() != pair(t.Object, t.Slot) || !r.is(t.Kind):
		return nil, nil, errNotSent
	case t.Mark == 0 || mark(rec) != t.Mark:
		return nil, nil, errNotSent
	}
	return r, rec, nil
}

var errNotSent = fmt.Errorf("%w: it was received already, or was never handed over", backend.ErrNotExist)

// putMoved moves a handle record into the list of this process's slot.
func (n *Namespace) putMoved(t Transit, rec *handleRecord) {
	n.unlinkOfSlot(t.Slot, rec)
	n.put(&rec.place, pair(t.Object, n.slotIndex))
	n.put(&rec.ofSlot, pair(n.putFirstOfSlot(t.Handle), 0))
}
