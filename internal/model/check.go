package model

import (
	"fmt"
	"slices"

	"github.com/winsys-go/ipc/internal/backend"
)

// Check tells whether what must hold between any two operations holds. An
// error means that the model itself is wrong.
func (w *World) Check() error {
	for _, check := range []func() error{w.checkHandles, w.checkWaiters} {
		if err := check(); err != nil {
			return err
		}
	}
	for _, o := range w.Objects {
		if err := w.checkObject(o); err != nil {
			return fmt.Errorf("%v %d %q: %w", o.Kind, o.ID, o.Name, err)
		}
	}
	return nil
}

func (w *World) checkHandles() error {
	for _, h := range w.Handles {
		if w.object(h.Object) == nil || !w.lives(h.Process) {
			return fmt.Errorf("handle %d: its object or process is gone", h.ID)
		}
	}
	for _, o := range w.Owners {
		if !w.lives(o.Process) {
			return fmt.Errorf("owner %d: its process is gone", o.ID)
		}
	}
	return nil
}

// checkWaiters: whoever waits is alive, has a reason to wait, and stands in
// the order of the tickets.
func (w *World) checkWaiters() error {
	for i, x := range w.Waiters {
		for k, id := range x.Handles {
			h := find(w.Handles, int(id))
			if h == nil || h.Process != x.Process || h.Object != x.Objects[k] {
				return fmt.Errorf("wait %d: handle %d is not open", x.ID, id)
			}
		}
		same := func(y *Waiter) bool { return y.Owner == x.Owner && x.Owner != NoOwner }
		switch {
		case x.Status != Blocked:
			return fmt.Errorf("wait %d: has ended and is queued", x.ID)
		case w.ready(x) != nil:
			return fmt.Errorf("wait %d: is blocked and can be satisfied", x.ID)
		case i > 0 && w.Waiters[i-1].ID >= x.ID:
			return fmt.Errorf("wait %d: out of order", x.ID)
		case x.Owner != NoOwner && find(w.Owners, int(x.Owner)) == nil:
			return fmt.Errorf("wait %d: its owner is gone", x.ID)
		case slices.ContainsFunc(w.Waiters[:i], same):
			return fmt.Errorf("wait %d: its owner waits twice", x.ID)
		}
	}
	return nil
}

func (w *World) checkObject(o *Object) error {
	if o.Name != "" {
		if name, err := canonical(o.Name); err != nil || name != o.Name || w.named(name) != o {
			return fmt.Errorf("its name is taken or not canonical")
		}
	}
	if len(w.handlesTo(o)) == 0 && (!o.Permanent || o.Name == "") {
		return fmt.Errorf("nobody has it open")
	}
	switch o.Kind {
	case backend.Mutex:
		return w.checkMutex(o)
	case backend.Semaphore:
		return w.checkSemaphore(o)
	case backend.Timer:
		if o.Armed && w.remaining(o) <= 0 {
			return fmt.Errorf("it is due and has not fired")
		}
	}
	return nil
}

func (w *World) checkMutex(o *Object) error {
	by, owned := o.Owner, o.Owner != Party{}
	h := find(w.Handles, int(by.Handle))
	switch {
	case owned != (o.Depth > 0):
		return fmt.Errorf("owned by %+v and locked %d times", by, o.Depth)
	case owned && o.Abandoned:
		return fmt.Errorf("owned and abandoned")
	case owned && !w.lives(by.Process),
		by.Owner != NoOwner && find(w.Owners, int(by.Owner)) == nil,
		by.Handle != 0 && (h == nil || h.Object != o.ID):
		return fmt.Errorf("its owner %+v is gone", by)
	case by.Handle != 0 && (o.Depth != 1 || by.Owner != NoOwner):
		return fmt.Errorf("a handle owns it %d times", o.Depth)
	}
	return nil
}

func (w *World) checkSemaphore(o *Object) error {
	if !validCounts(o.Count, o.Max) {
		return fmt.Errorf("its count is %d of %d", o.Count, o.Max)
	}
	for i, p := range o.Held {
		if !o.Reclaim || p.N < 1 || o.holder(p.Process) != i || !w.hasOpen(p.Process, o) {
			return fmt.Errorf("process %d holds %d permits", p.Process, p.N)
		}
	}
	return nil
}
