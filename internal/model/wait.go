package model

import (
	"slices"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Waiter is one wait for any or all of some objects.
type Waiter struct {
	ID      WaiterID // its ticket: lower numbers have waited longer
	Process ProcessID
	Owner   OwnerID // who gets the mutexes; NoOwner: each handle its own
	All     bool
	Handles []HandleID // as the caller listed them
	Objects []ObjectID // the objects behind them

	Status Status
	Result backend.WaitResult // when it was granted
}

// A Status says what became of a wait.
type Status int

const (
	// Gone: unknown, because Completed has told the end of the wait already,
	// or because its process died.
	Gone Status = iota
	// Blocked: it waits.
	Blocked
	// Granted: it succeeded, as Result says.
	Granted
	// Cancelled: its caller gave up. It consumed nothing.
	Cancelled
	// Closed: a handle that it names, or its Owner, was closed. It consumed
	// nothing.
	Closed
)

// Wait begins a wait for any or all of the objects behind 1 to 64 handles of
// one process. The result is there at once if the wait can be satisfied, and
// otherwise when somebody has satisfied it; Waiter and Completed tell. With an
// error nothing was consumed and nobody waits.
//
// A wait for any takes the object with the lowest index among those that are
// available, and leaves the others alone. An object may stand in it twice, for
// which the first place counts. A wait for all takes them all at an instant at
// which all are available; an object may not stand in it twice, under whatever
// handle.
//
// A free or signalled object is had at once: those who wait for it longer
// could not be satisfied, or they would have been.
func (w *World) Wait(as OwnerID, all bool, hs ...HandleID) (WaiterID, error) {
	x, err := w.prepare(as, all, hs)
	if err != nil {
		return 0, err
	}
	w.enqueue(x)
	return x.ID, nil
}

// Try is a wait that never blocks: ok tells whether it succeeded.
func (w *World) Try(as OwnerID, all bool, hs ...HandleID) (r backend.WaitResult, ok bool, err error) {
	x, err := w.prepare(as, all, hs)
	if err != nil {
		return r, false, err
	}
	ok = w.grant(x)
	return x.Result, ok, nil
}

// SignalAndWait signals one object, by setting an event, releasing one permit
// or unlocking a mutex, and begins a wait for another, in one step: those who
// act on the signal find this wait in its place. If the signal fails nothing is
// waited for. The signal stays whatever becomes of the wait.
func (w *World) SignalAndWait(as OwnerID, signal, wait HandleID) (WaiterID, error) {
	s, err := w.handle(signal)
	if err != nil {
		return 0, err
	}
	x, err := w.prepare(as, false, []HandleID{wait})
	if err != nil {
		return 0, err
	}
	if s.Process != x.Process {
		return 0, backend.ErrInvalid
	}
	if err := w.object(s.Object).signal(party(s.Process, as, signal)); err != nil {
		return 0, err
	}
	w.settle()
	w.enqueue(x)
	return x.ID, nil
}

func (o *Object) signal(by Party) error {
	switch o.Kind {
	case backend.Event:
		o.Signaled = true
		return nil
	case backend.Semaphore:
		return o.release(by.Process, 1)
	case backend.Mutex:
		return o.unlock(by)
	default:
		return backend.ErrInvalid // only time signals a timer
	}
}

// Cancel ends a wait without success. It is false when the wait had ended
// before: then it has succeeded, or failed, and keeps its result.
func (w *World) Cancel(id WaiterID) bool {
	if find(w.Waiters, int(id)) == nil {
		return false
	}
	w.endWaits(Cancelled, func(x *Waiter) bool { return x.ID == id })
	return true
}

// Waiter tells about a wait; its Status is Gone when nothing is known of it.
func (w *World) Waiter(id WaiterID) Waiter {
	for _, x := range append(slices.Clone(w.Waiters), w.Ended...) {
		if x.ID == id {
			return *x
		}
	}
	return Waiter{ID: id}
}

// Completed gives the waits that have ended since it was asked last, in the
// order in which they ended, and forgets them.
func (w *World) Completed() []Waiter {
	var list []Waiter
	for _, x := range w.Ended {
		list = append(list, *x)
	}
	w.Ended = nil
	return list
}

// prepare makes a Waiter of the arguments of a wait. All is checked before
// anything is touched.
func (w *World) prepare(as OwnerID, all bool, hs []HandleID) (*Waiter, error) {
	if len(hs) < 1 || len(hs) > backend.MaxWait {
		return nil, backend.ErrInvalid
	}
	x := &Waiter{Owner: as, All: all, Handles: slices.Clone(hs), Status: Blocked}
	for i, h := range hs {
		r, err := w.handle(h)
		if err != nil {
			return nil, err
		}
		if i > 0 && r.Process != x.Process {
			return nil, backend.ErrInvalid
		}
		x.Process = r.Process
		x.Objects = append(x.Objects, r.Object)
	}
	if err := w.mayAct(x.Process, as); err != nil {
		return nil, err
	}
	if all && hasDuplicates(x.Objects) {
		return nil, backend.ErrInvalid
	}
	return x, nil
}

func hasDuplicates(ids []ObjectID) bool {
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return true
		}
	}
	return false
}

func (w *World) enqueue(x *Waiter) {
	x.ID = WaiterID(w.next())
	w.Waiters = append(w.Waiters, x)
	w.endWaits(Granted, func(y *Waiter) bool { return y == x && w.grant(x) })
}

// Grant ends a blocked wait for a mutex, and perhaps more, if it can be
// satisfied now; see Barging.
func (w *World) Grant(id WaiterID) (granted bool) {
	w.endWaits(Granted, func(x *Waiter) bool {
		granted = granted || x.ID == id && w.grant(x)
		return x.ID == id && granted
	})
	return granted
}

// GrantBehind is Grant for a wait that leaves a free mutex to those ahead of it that
// wait for nothing else: they were told to come for it, and have not come yet.
func (w *World) GrantBehind(id WaiterID) (granted bool) {
	var ahead []*Waiter
	left := func(o *Object) bool {
		return o.Kind == backend.Mutex && o.Owner == Party{} &&
			slices.ContainsFunc(ahead, func(x *Waiter) bool { return x.onlyFor(o.ID) })
	}
	w.endWaits(Granted, func(x *Waiter) bool {
		if x.ID == id {
			granted = w.give(x, w.readyBut(x, left))
			return granted
		}
		ahead = append(ahead, x)
		return false
	})
	return granted
}

// onlyFor reports whether x is a wait for any that names one object and no other.
func (x *Waiter) onlyFor(id ObjectID) bool {
	return !x.All && !slices.ContainsFunc(x.Objects, func(other ObjectID) bool { return other != id })
}

// settle grants the blocked waits what they wait for, as far as it is there,
// the longest wait first. One pass is enough, since granting makes nothing
// available. Every operation ends with it, so that between operations no wait
// is blocked that could be satisfied.
//
// For mutexes this order is the model's choice: see the package comment.
func (w *World) settle() {
	w.endWaits(Granted, func(x *Waiter) bool { return !(w.Barging && w.wantsMutex(x)) && w.grant(x) })
}

func (w *World) wantsMutex(x *Waiter) bool {
	return slices.ContainsFunc(x.Objects, func(id ObjectID) bool { return w.object(id).Kind == backend.Mutex })
}

// grant gives x what it waits for, if it is there now, and tells whether.
func (w *World) grant(x *Waiter) bool {
	return w.give(x, w.ready(x))
}

// give ends x with the objects of these indices, unless there are none.
func (w *World) give(x *Waiter, taken []int) bool {
	for _, i := range taken {
		if w.object(x.Objects[i]).take(x.party(i)) {
			x.Result.Abandoned |= 1 << i
		}
	}
	if len(taken) == 0 {
		return false
	}
	x.Result.Index = taken[0]
	return true
}

// ready gives the indices of the objects that x would take now: one for a wait
// for any, every one for a wait for all, or none when x must wait.
func (w *World) ready(x *Waiter) []int {
	return w.readyBut(x, func(*Object) bool { return false })
}

// readyBut is ready where some objects are left to others.
func (w *World) readyBut(x *Waiter, left func(*Object) bool) (indices []int) {
	for i, id := range x.Objects {
		o := w.object(id)
		available := !left(o) && o.available(x.party(i))
		switch {
		case available && !x.All:
			return []int{i}
		case available:
			indices = append(indices, i)
		case x.All:
			return nil
		}
	}
	return indices
}

// available tells whether somebody who waits for the object can have it now.
func (o *Object) available(to Party) bool {
	switch o.Kind {
	case backend.Mutex:
		return o.mayLock(to)
	case backend.Semaphore:
		return o.Count > 0
	default:
		return o.Signaled
	}
}

// take is what a successful wait does to an object that is available.
func (o *Object) take(by Party) (wasAbandoned bool) {
	switch o.Kind {
	case backend.Mutex:
		return o.lock(by)
	case backend.Semaphore:
		o.Count--
		o.holdOne(by.Process)
	default:
		o.Signaled = o.ManualReset
	}
	return false
}

// endWaits ends those blocked waits for which ends is true, asking once for
// each in the order of their tickets.
func (w *World) endWaits(status Status, ends func(*Waiter) bool) {
	var blocked []*Waiter
	for _, x := range w.Waiters {
		if !ends(x) {
			blocked = append(blocked, x)
			continue
		}
		x.Status = status
		if status != Gone {
			w.Ended = append(w.Ended, x)
		}
	}
	w.Waiters = blocked
}

func (x *Waiter) party(i int) Party { return party(x.Process, x.Owner, x.Handles[i]) }

func (x *Waiter) names(h HandleID) bool { return slices.Contains(x.Handles, h) }
