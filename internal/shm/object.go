package shm

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/spin"
)

// An Object is a handle to an object of a segment. Its zero value is a closed
// handle.
type Object struct {
	// What a look needs comes first: half a cache line, of each of the many objects
	// of a wait.
	word   *word  // the object's state; the fast paths need nothing else
	base   uint64 // the state that is zero but for the generation
	n      *Namespace
	open   atomic.Uint32 // handleClosed, handleOpen, handleEnding
	kind   backend.Kind
	manual bool

	free    uint64 // mutexes: free, and owned by this handle
	owned   uint64
	auto    uint64 // auto-reset events: set; else noState
	index   uint32 // in the table of objects
	handle  uint32 // in the table of handles
	owner   uint32 // mutexes: who this handle is as an owner
	max     uint64 // semaphores
	existed bool

	ring *ringRecord // mailslots

	spin  spin.Policy
	waits *handleLink // blocked waits through this handle; under n.mu
	local atomic.Bool // the last wait that blocked was ended by this process

	left      atomic.Uint32 // mutexes: how often it was left to a waiter on its way; see awaitsTooLong
	leftSince atomic.Int64  // since when
}

// Event, Mutex, Semaphore and Timer are Objects with the operations of their
// kinds.
type (
	Event     struct{ Object }
	Mutex     struct{ Object }
	Semaphore struct{ Object }
	Timer     struct{ Object }
)

// The values of Object.open.
const (
	handleClosed = iota
	handleOpen
	handleEnding // can be used, but for waits
)

// Namespace gives the namespace of the object; nil for the zero value.
func (o *Object) Namespace() *Namespace { return o.n }

// Existed reports whether Create found the object in existence.
func (o *Object) Existed() bool { return o.existed }

// rec is the record of an open handle's object, which bind has found.
func (o *Object) rec() *objectRecord { return (*objectRecord)(unsafe.Pointer(o.word)) }

// record checks, under the lock, that the handle is open and its object is
// what it was.
func (o *Object) record() (*objectRecord, error) {
	if o.open.Load() == 0 {
		return nil, backend.ErrClosed
	}
	r := o.rec()
	if generation(r.state.load()) != o.base {
		o.n.damaged("the object of an open handle is gone")
	}
	return r, nil
}

// locked runs do under the lock with the object's record.
func (o *Object) locked(do func(r *objectRecord) error) error {
	if o.open.Load() == 0 {
		return backend.ErrClosed
	}
	return o.n.locked(func() error {
		r, err := o.record()
		if err != nil {
			return err
		}
		return do(r)
	})
}

// bind fills in a handle to object i, whose handle record is h.
func (o *Object) bind(n *Namespace, i, h uint32, r *objectRecord, existed bool) {
	kind := r.kind.load()
	o.word = &r.state
	o.base = generation(r.state.load())
	o.manual = kind&flagManual != 0
	o.kind = kindOf(kind)
	o.n = n
	o.index = i
	o.handle = h
	o.existed = existed
	o.max = r.max.load()
	if o.kind == backend.Mutex {
		o.free = o.base
		o.owned = o.base | uint64(o.owner)
	}
	o.auto = noState
	if o.kind == backend.Event && !o.manual {
		o.auto = o.base | 1
	}
	if o.kind == backend.Mailslot {
		o.ring = n.ringRecord(uint32(r.max.load()))
	}
	n.handles[o] = struct{}{}
	o.open.Store(handleOpen)
}

// Create makes o a handle to a new object, or to the one that has the name.
func (n *Namespace) Create(o *Object, spec backend.Spec) error {
	if err := n.stillThere(); err != nil {
		return err
	}
	return n.locked(func() error {
		if n.closed {
			return backend.ErrClosed // Close knows nothing of handles that come after it
		}
		if spec.Name != "" {
			i, err := n.find(spec.Kind, spec.Name)
			if err != nil || i != 0 {
				return n.attach(o, i, err)
			}
		}
		return n.createNew(o, &spec)
	})
}

// Open makes o a handle to the object that has the name.
func (n *Namespace) Open(o *Object, kind backend.Kind, name string) error {
	if err := n.stillThere(); err != nil {
		return err
	}
	return n.locked(func() error {
		if n.closed {
			return backend.ErrClosed
		}
		i, err := n.find(kind, name)
		if err == nil && i == 0 {
			err = backend.ErrNotExist
		}
		return n.attach(o, i, err)
	})
}

// Remove makes a permanent object an ordinary one.
func (n *Namespace) Remove(name string) error {
	if err := n.stillThere(); err != nil {
		return err
	}
	return n.locked(func() error {
		i := n.lookup(name)
		if i == 0 {
			return backend.ErrNotExist
		}
		r := n.object(i)
		if err := n.reapHolders(r); err != nil {
			return err
		}
		if r.handles.load() != 0 {
			r.kind.store(r.kind.load() &^ flagPermanent)
			return nil
		}
		n.close(r)
		n.putDestroyed(i, r)
		n.commit()
		return nil
	})
}

// find looks for a live object: one that a live process has open, or a
// permanent one. Index 0 means that there is none.
func (n *Namespace) find(kind backend.Kind, name string) (uint32, error) {
	i := n.lookup(name)
	if i == 0 {
		return 0, nil
	}
	r := n.object(i)
	if err := n.reapHolders(r); err != nil {
		return 0, err
	}
	if got := kindOf(r.kind.load()); got != kind {
		return 0, fmt.Errorf("%w: it is %s", backend.ErrWrongType, got.WithArticle())
	}
	return i, nil
}

// reapHolders asks for the reaping of the dead processes that come before the
// first live one in the list of an object's handles: if all are dead, the
// object does not exist any more.
func (n *Namespace) reapHolders(r *objectRecord) error {
	h := first(r.handles.load())
	if h == 0 {
		return nil
	}
	slot := second(n.handle(h).place.load())
	if n.slot(slot).gone() {
		return deadHolder{slot}
	}
	return nil
}

// attach adds a handle of this process to object i.
func (n *Namespace) attach(o *Object, i uint32, err error) error {
	if err != nil {
		return err
	}
	r := n.object(i)
	h, err := n.putHandle(i, r)
	if err != nil {
		return err
	}
	if err := n.numberOwner(o, r.kind.load()); err != nil {
		n.pending = 0
		return err
	}
	n.commit()
	o.bind(n, i, h, r, true)
	return nil
}

// createNew makes a new object with one handle.
func (n *Namespace) createNew(o *Object, spec *backend.Spec) error {
	i, err := n.take(objectTable, func(i uint32) *word { return &n.object(i).chain })
	if err != nil {
		return err
	}
	r := n.newObject(i)
	kind := uint64(spec.Kind)
	if err := n.numberOwner(o, kind); err != nil {
		n.pending = 0
		return err
	}
	if err := n.putName(i, r, spec.Name); err != nil {
		return err
	}
	n.fill(r, o, spec)
	h, err := n.putFirstHandle(i, r)
	if err != nil {
		return err
	}
	n.commit()
	o.bind(n, i, h, r, false)
	return nil
}

// newObject gives the record of an index that was just taken, which may lie
// above those that were used so far.
func (n *Namespace) newObject(i uint32) *objectRecord {
	return (*objectRecord)(n.taken(objectTable, i))
}

// fill writes the attributes of an object that nobody can reach yet.
func (n *Namespace) fill(r *objectRecord, o *Object, spec *backend.Spec) {
	kind := uint64(spec.Kind)
	state := max(generation(r.state.load()), generationUnit)
	switch spec.Kind {
	case backend.Event:
		kind |= when(spec.ManualReset, flagManual)
		state |= when(spec.Set, 1)
	case backend.Mutex:
		state |= when(spec.Owned, uint64(o.owner))
	case backend.Semaphore:
		state |= uint64(spec.Initial)
		kind |= when(spec.Reclaim, flagReclaim)
		state |= when(spec.Reclaim, slowBit) // for ever: see semaphore.go
	case backend.Timer:
		kind |= when(spec.ManualReset, flagManual)
	}
	kind |= when(spec.Permanent && spec.Name != "", flagPermanent)
	r.kind.set(kind)
	r.max.set(when(spec.Kind == backend.Semaphore, uint64(spec.Max)))
	r.queue.set(0)
	r.due.set(0)
	r.clock.set(clockNone)
	r.period.set(0)
	r.nudged.set(0)
	r.state.store(state)
}

func when(condition bool, v uint64) uint64 {
	if condition {
		return v
	}
	return 0
}

// numberOwner gives a handle to a mutex its name as an owner.
func (n *Namespace) numberOwner(o *Object, kind uint64) error {
	if kindOf(kind) != backend.Mutex || o.owner != 0 {
		return nil
	}
	number, err := n.owners.take()
	if err != nil {
		return err
	}
	o.owner = ownerID(n.slotIndex, number)
	return nil
}

// Close closes the handle. Its waits end with ErrClosed; a mutex that it owns
// is abandoned; the object is gone if it was the last one.
//
// open is cleared first and the owner looked at then; a lock stores first and
// looks at open then: one of the two sees the other.
func (o *Object) Close() error {
	if o.open.Swap(0) == 0 {
		return nil
	}
	n := o.n
	err := n.locked(func() error {
		n.discard(o)
		return nil
	})
	switch {
	case err == backend.ErrClosed:
		return nil // this process has left meanwhile, and its handles are gone
	case errors.Is(err, backend.ErrCorrupt):
		n.failThrough(o, backend.ErrClosed)
	}
	return err
}

// discard is Close under the lock.
func (n *Namespace) discard(o *Object) {
	o.open.Store(handleClosed)
	n.endWaits(o)
	r := n.object(o.index)
	if generation(r.state.load()) != o.base {
		n.damaged("the object of an open handle is gone")
	}
	if o.kind == backend.Mutex {
		n.pass(o.index, r, o.owner, abandoned)
		n.owners.give(o.owner & ownerNumberMask)
	}
	delete(n.handles, o)
	n.dropHandle(o.handle, n.handle(o.handle))
}

// endWaits ends the waits through a handle.
func (n *Namespace) endWaits(o *Object) {
	var waits []*waiter
	for l := o.waits; l != nil; l = l.next {
		waits = append(waits, l.w)
	}
	n.withdrawAll(waits, claimClosed)
}

// refuseWaits ends the waits through the handle and lets no other begin. What
// does not wait still works.
func (o *Object) refuseWaits() error {
	return o.n.locked(func() error {
		if o.open.CompareAndSwap(handleOpen, handleEnding) {
			o.n.endWaits(o)
		}
		return nil
	})
}
