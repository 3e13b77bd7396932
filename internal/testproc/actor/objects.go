package actor

import (
	"fmt"

	"github.com/winsys-go/ipc"
)

// obtain creates or opens an object.
func (a *Local) obtain(op *Op) Result {
	object, existed, err := a.find(op)
	if err != nil {
		return fail(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.handles[op.Handle] != nil {
		return Result{Code: Other, Text: fmt.Sprintf("handle %d is in use", op.Handle)}
	}
	a.handles[op.Handle] = object
	return Result{Existed: existed && op.Verb == Create}
}

// find calls the function for the kind of object. A failure must not come
// with a handle.
func (a *Local) find(op *Op) (ipc.Waitable, bool, error) {
	switch {
	case op.Verb == OpenProcess:
		p, err := ipc.OpenProcess(op.PID)
		return checked(p, err, p == nil)
	case op.Kind == Event:
		e, err := a.event(op)
		return checked(e, err, e == nil)
	case op.Kind == Mutex:
		m, err := a.mutex(op)
		return checked(m, err, m == nil)
	case op.Kind == Semaphore:
		s, err := a.semaphore(op)
		return checked(s, err, s == nil)
	default:
		t, err := a.timer(op)
		return checked(t, err, t == nil)
	}
}

func checked(o ipc.Waitable, err error, isNil bool) (ipc.Waitable, bool, error) {
	if isNil != (err != nil) {
		return nil, false, fmt.Errorf("a handle and an error, or neither: %v, %w", o, err)
	}
	if err != nil {
		return nil, false, err
	}
	e, ok := o.(interface{ Existed() bool })
	return o, ok && e.Existed(), nil
}

func (a *Local) event(op *Op) (*ipc.Event, error) {
	o := &ipc.EventOptions{ManualReset: op.Spec.Manual, InitiallySet: op.Spec.Set, Permanent: op.Spec.Permanent, Security: op.Spec.Security}
	switch {
	case op.Verb == Open && op.Default:
		return ipc.OpenEvent(op.Name)
	case op.Verb == Open:
		return a.namespace.OpenEvent(op.Name)
	case op.Default:
		return ipc.CreateEvent(op.Name, o)
	}
	return a.namespace.CreateEvent(op.Name, o)
}

func (a *Local) mutex(op *Op) (*ipc.Mutex, error) {
	o := &ipc.MutexOptions{InitiallyOwned: op.Spec.Owned, Owner: a.owner(op.Owner), Permanent: op.Spec.Permanent, Security: op.Spec.Security}
	switch {
	case op.Verb == Open && op.Default:
		return ipc.OpenMutex(op.Name)
	case op.Verb == Open:
		return a.namespace.OpenMutex(op.Name)
	case op.Default:
		return ipc.CreateMutex(op.Name, o)
	}
	return a.namespace.CreateMutex(op.Name, o)
}

func (a *Local) semaphore(op *Op) (*ipc.Semaphore, error) {
	o := &ipc.SemaphoreOptions{
		Initial: op.Spec.Initial, Max: op.Spec.Max, ReclaimOnExit: op.Spec.Reclaim,
		Permanent: op.Spec.Permanent, Security: op.Spec.Security,
	}
	switch {
	case op.Verb == Open && op.Default:
		return ipc.OpenSemaphore(op.Name)
	case op.Verb == Open:
		return a.namespace.OpenSemaphore(op.Name)
	case op.Default:
		return ipc.CreateSemaphore(op.Name, o)
	}
	return a.namespace.CreateSemaphore(op.Name, o)
}

func (a *Local) timer(op *Op) (*ipc.Timer, error) {
	o := &ipc.TimerOptions{ManualReset: op.Spec.Manual, Permanent: op.Spec.Permanent, Security: op.Spec.Security}
	switch {
	case op.Verb == Open && op.Default:
		return ipc.OpenTimer(op.Name)
	case op.Verb == Open:
		return a.namespace.OpenTimer(op.Name)
	case op.Default:
		return ipc.CreateTimer(op.Name, o)
	}
	return a.namespace.CreateTimer(op.Name, o)
}
