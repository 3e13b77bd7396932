package model

import (
	"slices"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// An Object is what handles refer to. It has no process: it lives while any
// process has a handle to it, or while it is permanent.
type Object struct {
	ID        ObjectID
	Kind      backend.Kind
	Name      string // canonical; empty for an anonymous object
	Permanent bool

	// Events and timers.
	Signaled    bool
	ManualReset bool

	// Mutexes.
	Owner     Party // nobody when it is free
	Depth     int   // how often the owner has locked it
	Abandoned bool  // free, and the last owner ended without unlocking it

	// Semaphores.
	Count, Max int
	Reclaim    bool
	Held       []Permits // what processes hold; only if Reclaim

	// Timers.
	Armed  bool
	Due    time.Duration // on the monotonic clock, if DueAt is zero
	DueAt  time.Time     // on the time of day
	Period time.Duration
}

// Create makes an object in a process, or opens the one that has the name
// already. Then existed is true and the rest of the spec counts for nothing,
// Owned included, except that a semaphore's must be valid. Without a name the
// object is always new. A new mutex that is Owned has been locked once by the
// Owner as, or by the new handle itself if that is NoOwner.
func (w *World) Create(p ProcessID, as OwnerID, s backend.Spec) (h HandleID, existed bool, err error) {
	if s.Kind == backend.Semaphore && !validCounts(s.Initial, s.Max) {
		return 0, false, backend.ErrInvalid
	}
	if s.Name != "" {
		h, err := w.Open(p, s.Kind, s.Name)
		if err != backend.ErrNotExist {
			return h, err == nil, err
		}
		s.Name, _ = canonical(s.Name)
	}
	if err := w.mayAct(p, as); err != nil {
		return 0, false, err
	}
	o := &Object{
		ID: ObjectID(w.next()), Kind: s.Kind, Name: s.Name,
		Permanent: s.Permanent && s.Name != "", // nobody could find it again
	}
	switch s.Kind {
	case backend.Event:
		o.ManualReset, o.Signaled = s.ManualReset, s.Set
	case backend.Timer:
		o.ManualReset = s.ManualReset
	case backend.Semaphore:
		o.Count, o.Max, o.Reclaim = s.Initial, s.Max, s.Reclaim
	}
	w.Objects = append(w.Objects, o)
	h = w.newHandle(p, o)
	if s.Kind == backend.Mutex && s.Owned {
		o.take(party(p, as, h))
	}
	return h, false, nil
}

// Open gives a process a handle to an existing object of that kind.
func (w *World) Open(p ProcessID, kind backend.Kind, name string) (HandleID, error) {
	if !w.lives(p) {
		return 0, backend.ErrNoProcess
	}
	name, err := canonical(name)
	if err != nil {
		return 0, err
	}
	o := w.named(name)
	switch {
	case o == nil:
		return 0, backend.ErrNotExist
	case o.Kind != kind:
		return 0, backend.ErrWrongType
	}
	return w.newHandle(p, o), nil
}

func (w *World) newHandle(p ProcessID, o *Object) HandleID {
	h := &Handle{ID: HandleID(w.next()), Process: p, Object: o.ID}
	w.Handles = append(w.Handles, h)
	return h.ID
}

// CloseHandle ends the waits that name the handle and, if the handle itself
// owns the mutex, its ownership: the mutex is abandoned, since closing is not
// unlocking. A mutex that an Owner owns stays his, even if he has no handle
// left to unlock it with. Closing a closed handle is no error.
func (w *World) CloseHandle(h HandleID) error {
	r, err := w.handle(h)
	if err != nil {
		return ignoreClosed(err)
	}
	w.endWaits(Closed, func(x *Waiter) bool { return x.names(h) })
	o := w.object(r.Object)
	if o.Owner.Handle == h {
		o.abandon()
	}
	w.drop(r)
	w.settle()
	return nil
}

// drop removes a handle, with the process's permits when it was his last one
// to the semaphore, and with the object when it was the last one of all.
func (w *World) drop(h *Handle) {
	w.Handles = without(w.Handles, int(h.ID))
	o := w.object(h.Object)
	if !w.hasOpen(h.Process, o) {
		o.reclaim(h.Process)
	}
	w.dispose(o)
}

// dispose removes an object that nothing keeps.
func (w *World) dispose(o *Object) {
	if !o.Permanent && len(w.handlesTo(o)) == 0 {
		w.Objects = without(w.Objects, int(o.ID))
	}
}

// Remove makes a permanent object an ordinary one, which is gone at once if
// nobody has it open. It leaves an ordinary one as it is.
func (w *World) Remove(name string) error {
	name, err := canonical(name)
	if err != nil {
		return err
	}
	o := w.named(name)
	if o == nil {
		return backend.ErrNotExist
	}
	o.Permanent = false
	w.dispose(o)
	return nil
}

func (w *World) hasOpen(p ProcessID, o *Object) bool {
	return slices.ContainsFunc(w.Handles, func(h *Handle) bool { return h.Object == o.ID && h.Process == p })
}

// handle finds an open handle.
func (w *World) handle(h HandleID) (*Handle, error) {
	if h == 0 {
		return nil, backend.ErrInvalid // a nil handle
	}
	r := find(w.Handles, int(h))
	if r == nil {
		return nil, backend.ErrClosed
	}
	return r, nil
}

// as finds the object of an open handle to an object of that kind.
func (w *World) as(kind backend.Kind, h HandleID) (*Handle, *Object, error) {
	r, err := w.handle(h)
	if err != nil {
		return nil, nil, err
	}
	o := w.object(r.Object)
	if o.Kind != kind {
		return nil, nil, backend.ErrInvalid
	}
	return r, o, nil
}

func ignoreClosed(err error) error {
	if err == backend.ErrClosed {
		return nil
	}
	return err
}
