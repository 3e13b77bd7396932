package model

import "github.com/winsys-go/ipc/internal/backend"

// A Party is who can own a mutex: an Owner, or else a handle by itself. The
// zero Party is nobody.
type Party struct {
	Process ProcessID
	Owner   OwnerID
	Handle  HandleID // only without an Owner
}

func party(p ProcessID, as OwnerID, h HandleID) Party {
	if as != NoOwner {
		return Party{Process: p, Owner: as}
	}
	return Party{Process: p, Handle: h}
}

// mayLock tells whether somebody can have the mutex now: it is free, or he is
// the Owner who has it. A handle by itself does not get what it has already.
func (o *Object) mayLock(by Party) bool {
	return o.Owner == Party{} || by.Owner != NoOwner && o.Owner == by
}

// lock makes somebody the owner, or counts once more. He is told that the
// mutex was abandoned, and only he.
func (o *Object) lock(by Party) (wasAbandoned bool) {
	wasAbandoned = o.Abandoned
	o.Owner = by
	o.Depth++
	o.Abandoned = false
	return wasAbandoned
}

// Unlock undoes one lock; the last one frees the mutex. It takes ownership and
// not a certain handle: an Owner may unlock through any handle of his process.
func (w *World) Unlock(as OwnerID, h HandleID) error {
	r, o, err := w.as(backend.Mutex, h)
	if err != nil {
		return err
	}
	if err := w.mayAct(r.Process, as); err != nil {
		return err
	}
	if err := o.unlock(party(r.Process, as, h)); err != nil {
		return err
	}
	w.settle()
	return nil
}

func (o *Object) unlock(by Party) error {
	if o.Owner != by {
		return backend.ErrNotOwner
	}
	if o.Depth--; o.Depth == 0 {
		o.Owner = Party{}
	}
	return nil
}

// abandon frees the mutex because its owner is no more. How often he had
// locked it is forgotten.
func (o *Object) abandon() {
	o.Owner = Party{}
	o.Depth = 0
	o.Abandoned = true
}

// abandonAll abandons the mutexes of all owners who satisfy a condition. Each
// one is settled before the next is looked at.
func (w *World) abandonAll(ended func(Party) bool) {
	for _, o := range w.Objects {
		if o.Owner != (Party{}) && ended(o.Owner) {
			o.abandon()
			w.settle()
		}
	}
}
