package model

import (
	"slices"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Process has handles, and waits and owns mutexes through them.
type Process struct{ ID ProcessID }

// An Owner stands for a Win32 thread: somebody within a process who owns
// mutexes recursively and does one thing at a time.
type Owner struct {
	ID      OwnerID
	Process ProcessID
}

// NewProcess starts a process.
func (w *World) NewProcess() ProcessID {
	p := &Process{ID: ProcessID(w.next())}
	w.Processes = append(w.Processes, p)
	return p.ID
}

// NewOwner makes an Owner in a process.
func (w *World) NewOwner(p ProcessID) (OwnerID, error) {
	if !w.lives(p) {
		return 0, backend.ErrNoProcess
	}
	o := &Owner{ID: OwnerID(w.next()), Process: p}
	w.Owners = append(w.Owners, o)
	return o.ID, nil
}

// CloseOwner is the end of a thread: its wait ends, and every mutex that it
// owns is abandoned. Closing a closed Owner is no error.
func (w *World) CloseOwner(as OwnerID) error {
	if find(w.Owners, int(as)) == nil {
		return nil
	}
	w.endWaits(Closed, func(x *Waiter) bool { return x.Owner == as })
	w.Owners = without(w.Owners, int(as))
	w.abandonAll(func(p Party) bool { return p.Owner == as })
	return nil
}

// mayAct tells whether a process and, unless it is NoOwner, an Owner of it can
// do something now.
func (w *World) mayAct(p ProcessID, as OwnerID) error {
	if !w.lives(p) {
		return backend.ErrNoProcess
	}
	if as == NoOwner {
		return nil
	}
	o := find(w.Owners, int(as))
	switch {
	case o == nil:
		return backend.ErrClosed
	case o.Process != p:
		return backend.ErrInvalid
	}
	if slices.ContainsFunc(w.Waiters, func(x *Waiter) bool { return x.Owner == as }) {
		return backend.ErrInvalidUse // it is in a wait
	}
	return nil
}

// Kill ends a process, by whatever cause: crash, signal or exit. The order is
// part of the rules. Its waits go first, without a result, so that nothing is
// granted to the dead. Its mutexes are abandoned next, and go to others while
// it still has its handles. Its handles are closed last, and with the last one
// to a semaphore go its permits.
func (w *World) Kill(p ProcessID) {
	if !w.lives(p) {
		return
	}
	w.EndWaits(p)
	w.AbandonMutexes(p)
	w.CloseHandles(p)
	w.Owners = those(w.Owners, func(o *Owner) bool { return o.Process != p })
	w.Processes = without(w.Processes, int(p))
}

// EndWaits is the first part of Kill, for those who compare the model with an
// engine that does one part after the other.
func (w *World) EndWaits(p ProcessID) {
	w.endWaits(Gone, func(x *Waiter) bool { return x.Process == p })
}

// Abandon abandons one mutex that a process owns, out of the order in which
// AbandonMutexes would.
func (w *World) Abandon(p ProcessID, id ObjectID) {
	if o := w.object(id); o != nil && o.Owner.Process == p && p != 0 {
		o.abandon()
		w.settle()
	}
}

// AbandonMutexes is the second part of Kill.
func (w *World) AbandonMutexes(p ProcessID) {
	w.abandonAll(func(owner Party) bool { return owner.Process == p })
}

// CloseHandles is the third part of Kill. The handle that was opened last goes
// first, which matters to a wait for any of two semaphores that get permits back.
func (w *World) CloseHandles(p ProcessID) {
	for _, h := range slices.Backward(those(w.Handles, func(h *Handle) bool { return h.Process == p })) {
		w.drop(h)
		w.settle()
	}
}
