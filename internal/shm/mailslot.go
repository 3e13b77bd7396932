package shm

import (
	"errors"
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
)

// A mailslot is an object with a ring, a mutex and an event:
//
//   - the object has the name, and is what waits are for. Its payload is 1 while
//     there are messages, but only while S is set, which is while somebody waits;
//     without waits nobody looks at it, and sending or receiving a message does
//     not touch it. Who sets S looks into the ring (lookIntoRing); who sends or
//     receives looks at S afterwards: one of the two sees the other.
//   - the gate is the mutex of those who write.
//   - room is an auto-reset event, for the owner of the gate when the ring is full.
//
// Each end has a handle to all three. The mailslot is over when the reader's
// handle is closed, by itself or by the reaper: then flagEnded is set and the
// name is free, in one step; room is set, so that a writer who waits finds out;
// and the file is removed. All of that is done again if whoever does it dies.

// A mailslotEnd is a *Mailslot or a *MailslotWriter.
type mailslotEnd interface {
	Close() error
	handleIndex() uint32
}

// An endpoint is what both ends of a mailslot have.
type endpoint struct {
	Object
	gate Mutex
	room Event
	view ring
}

func (e *endpoint) handleIndex() uint32 { return e.handle }

func (e *endpoint) objects() []*Object {
	return []*Object{&e.Object, &e.room.Object, &e.gate.Object}
}

// closeParts closes the handles and the file, of which nobody makes use any more.
func (e *endpoint) closeParts(end mailslotEnd) error {
	n := e.n
	err := n.locked(func() error {
		for _, o := range e.objects() {
			if o.open.Load() != handleClosed {
				n.discard(o)
			}
		}
		delete(n.ends, end)
		return nil
	})
	if e.view.file != nil {
		e.view.file.Close()
	}
	switch {
	case err == backend.ErrClosed:
		return nil // this process has left meanwhile
	case errors.Is(err, backend.ErrCorrupt):
		for _, o := range e.objects() {
			o.open.Store(handleClosed)
			n.failThrough(o, backend.ErrClosed)
		}
	}
	return err
}

// ended reports whether the reader is gone.
func (e *endpoint) ended() bool {
	r := (*objectRecord)(unsafe.Pointer(e.word)) // which begins with its state
	return r.kind.load()&flagEnded != 0
}

// update makes the state of the object what the ring is, for those who wait.
func (e *endpoint) update() error {
	return e.locked(func(r *objectRecord) error {
		e.n.closeFresh(e.index, r)
		return nil
	})
}

// persist does what others wait for. As long as somebody who does not move holds
// the namespace up, it goes on trying behind the caller's back.
func persist(do func() error) {
	if !errors.Is(do(), backend.ErrStalled) {
		return
	}
	go func() {
		for errors.Is(do(), backend.ErrStalled) {
		}
	}()
}

// lookIntoRing signals mailslot i, which is closed, as long as it has messages.
func (n *Namespace) lookIntoRing(i uint32, r *objectRecord) {
	full := uint32(1)
	if n.ringRecord(uint32(r.max.load())).empty() {
		full = 0
	}
	if s := r.state.load(); payload(s) != full {
		r.state.store(withPayload(s, full))
	}
	if full != 0 {
		n.settle(i, r)
	}
}

// isPart reports whether an object is the gate or the event of room of a mailslot,
// or a mailslot that is over: of no interest to those who look at objects.
func isPart(r *objectRecord) bool {
	switch kind := r.kind.load(); kindOf(kind) {
	case backend.Mutex, backend.Event:
		return r.max.load() != 0
	case backend.Mailslot:
		return kind&flagEnded != 0
	}
	return false
}

// isReader reports whether a handle is that of a mailslot's reader.
func isReader(r *objectRecord, rec *handleRecord) bool {
	return r.is(backend.Mailslot) && rec.permits.load() != 0
}

// endMailslot ends a mailslot whose reader goes. It may be done again.
func (n *Namespace) endMailslot(i uint32, r *objectRecord) {
	kind := r.kind.load()
	k := uint32(r.max.load())
	if kind&flagEnded == 0 {
		n.putNameFree(i, r)
		n.put(&r.name, 0)
		n.put(&r.kind, kind|flagEnded)
		n.commit()
	}
	n.signalRoom(k)
	n.unpin()           // this takes its time
	n.sys.RemoveRing(k) // if that fails, the next user of the number does it
}

// signalRoom tells the writer who waits for room in ring k.
func (n *Namespace) signalRoom(k uint32) {
	i := second(n.ringRecord(k).parts.load())
	r := n.object(i)
	if !r.is(backend.Event) || r.max.load() != uint64(k) {
		return
	}
	n.close(r)
	r.state.store(withPayload(r.state.load(), 1))
	n.settle(i, r)
}

// endWriting does what the dead owner of mutex g, if that is a gate, cannot do any
// more. It waits for room no longer, and the readers are told of what it may have sent
// as the last thing in its life.
func (n *Namespace) endWriting(g uint32, gate *objectRecord) {
	k := uint32(gate.max.load())
	if k == 0 {
		return
	}
	ring := n.ringRecord(k)
	if first(ring.parts.load()) == g { // else it is another's by now
		ring.wanted.store(0)
	}
	i := second(ring.object.load())
	r := n.object(i)
	if !r.is(backend.Mailslot) || r.max.load() != uint64(k) || r.handles.load() == 0 {
		return
	}
	n.closeFresh(i, r)
}

// putRingFree gives back the ring of a mailslot that is destroyed.
func (n *Namespace) putRingFree(r *objectRecord) {
	if !r.is(backend.Mailslot) {
		return
	}
	k := uint32(r.max.load())
	n.give(ringTable, k, &n.ringRecord(k).chain)
}
