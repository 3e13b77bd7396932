package shm

import (
	"context"

	"github.com/winsys-go/ipc/internal/backend"
)

// An event's payload is 1 while it is set.

// SetFast sets an unset event that nobody waits for. It is small enough to be
// part of its callers. False means that Set must do it.
func (e *Event) SetFast() bool {
	raceRelease(&e.Object)
	return e.open.Load() != 0 && e.word.cas(e.base, e.base|1)
}

// Set sets the event.
func (e *Event) Set() error {
	if e.open.Load() == 0 {
		return backend.ErrClosed
	}
	raceRelease(&e.Object)
	// A set event is set again, so that what the caller wrote before is seen
	// by whoever consumes the signal.
	if e.word.cas(e.base, e.base|1) || e.word.cas(e.base|1, e.base|1) {
		return nil
	}
	return e.assign(1)
}

// Reset unsets the event.
func (e *Event) Reset() error {
	if e.open.Load() == 0 {
		return backend.ErrClosed
	}
	if e.word.cas(e.base|1, e.base) || e.word.cas(e.base, e.base) {
		return nil
	}
	return e.assign(0)
}

// assign sets or resets an event that has waits.
func (e *Event) assign(v uint32) error {
	return e.n.despite(e.assignOnce(v), func() error { return e.assignOnce(v) })
}

func (e *Event) assignOnce(v uint32) (err error) {
	n := e.n
	if err := n.enter(); err != nil {
		return err
	}
	defer n.exit(&err)
	r, err := e.record()
	if err != nil {
		return err
	}
	n.close(r)
	r.state.put(withPayload(r.state.load(), v))
	if v != 0 {
		n.settle(e.index, r)
	}
	n.finish()
	return nil
}

// Pulse releases those who wait now, and leaves the event unset.
func (e *Event) Pulse() error {
	if e.open.Load() == 0 {
		return backend.ErrClosed
	}
	raceRelease(&e.Object)
	if e.word.cas(e.base|1, e.base) || e.word.cas(e.base, e.base) {
		return nil // nobody waits
	}
	return e.locked(func(r *objectRecord) error {
		n := e.n
		n.close(r)
		// P tells whoever recovers that the event must end unset.
		r.state.store(withPayload(r.state.load(), 1) | pulseBit)
		n.settle(e.index, r)
		n.endPulse(r)
		return nil
	})
}

func (n *Namespace) endPulse(r *objectRecord) {
	r.state.store(withPayload(r.state.load()&^pulseBit, 0))
}

// IsSet reports whether the event is set.
func (e *Event) IsSet() (bool, error) {
	if e.open.Load() == 0 {
		return false, backend.ErrClosed
	}
	if s := e.word.load(); s&^1 == e.base {
		return s&1 != 0, nil
	}
	var set bool
	err := e.locked(func(r *objectRecord) error {
		set = payload(r.state.load()) != 0
		return nil
	})
	return set, err
}

// TakeFast consumes the signal of an auto-reset event that nobody is queued
// for. False means that TryWait must look.
func (e *Event) TakeFast() bool { return e.takeAuto() }

func (o *Object) takeAuto() bool {
	if o.open.Load() == 0 || !o.word.cas(o.auto, o.base) {
		return false
	}
	raceAcquireOne(o)
	return true
}

// TryWait consumes the signal if there is one.
func (e *Event) TryWait() (bool, error) { return e.tryWait() }

// Wait blocks until the event is set, and consumes the signal.
func (e *Event) Wait(ctx context.Context) error { return e.wait(ctx) }

// trySignal is the fast path of a wait for an event or timer: it works while
// nobody is queued. sure is false when the state must be looked at under the
// lock.
func (o *Object) trySignal() (ok, sure bool) {
	if o.manual {
		s := o.word.load()
		return s == o.base|1, s&^1 == o.base
	}
	if o.word.cas(o.base|1, o.base) {
		return true, true
	}
	return false, o.word.load() == o.base
}
