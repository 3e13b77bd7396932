package nt

import (
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/sddl"
	"github.com/winsys-go/ipc/internal/win32"
)

// Create makes o a handle to a new object, or to the one that has the name.
func (n *Namespace) Create(o *Object, spec backend.Spec) error {
	switch {
	case spec.Permanent:
		return fmt.Errorf("%w: on Windows an object ends with its last handle", backend.ErrUnsupported)
	case spec.Reclaim:
		return fmt.Errorf("%w: on Windows the permits of the dead do not come back", backend.ErrUnsupported)
	}
	security, err := sddl.Attributes(spec.Security)
	if err != nil {
		return err
	}
	if spec.Kind == backend.Mutex && spec.Owned {
		return n.createOwned(o, &spec, security)
	}
	return n.create(o, &spec, security)
}

func (n *Namespace) create(o *Object, spec *backend.Spec, security *windows.SecurityAttributes) error {
	full, name, err := n.full(spec.Name)
	if err != nil {
		return err
	}
	h, err := createKernel(spec, security, name)
	existed := h != 0 && err == windows.ERROR_ALREADY_EXISTS
	if err != nil && !existed {
		return wrap(err)
	}
	return n.bind(o, h, spec, full, existed)
}

// bind makes o the handle h, which it closes if that is not possible.
func (n *Namespace) bind(o *Object, h windows.Handle, spec *backend.Spec, full string, existed bool) error {
	o.kind, o.n, o.name, o.full, o.existed = spec.Kind, n, spec.Name, full, existed
	if o.kind == backend.Timer {
		o.noteManual(spec.ManualReset)
	}
	o.bind(h)
	if err := n.add(o); err != nil {
		if spec.Owned && !existed {
			windows.ReleaseMutex(h) // of this thread, which lives on: others may have it open
		}
		o.Close()
		return err
	}
	return nil
}

func createKernel(spec *backend.Spec, security *windows.SecurityAttributes, name *uint16) (windows.Handle, error) {
	switch spec.Kind {
	case backend.Event:
		flags := flag(spec.ManualReset, windows.CREATE_EVENT_MANUAL_RESET) | flag(spec.Set, windows.CREATE_EVENT_INITIAL_SET)
		return windows.CreateEventEx(security, name, flags, windows.EVENT_ALL_ACCESS)
	case backend.Mutex:
		return windows.CreateMutexEx(security, name, flag(spec.Owned, windows.CREATE_MUTEX_INITIAL_OWNER), windows.MUTEX_ALL_ACCESS)
	case backend.Semaphore:
		return win32.CreateSemaphoreEx(security, int32(spec.Initial), int32(spec.Max), name, win32.SEMAPHORE_ALL_ACCESS)
	default:
		return win32.CreateWaitableTimerEx(security, name, flag(spec.ManualReset, win32.CREATE_WAITABLE_TIMER_MANUAL_RESET), win32.TIMER_ALL_ACCESS)
	}
}

func flag(set bool, f uint32) uint32 {
	if set {
		return f
	}
	return 0
}

// createOwned creates a mutex on the thread that is to own it: that of
// spec.First, an *Owner that is in a call, or one for the handle.
func (n *Namespace) createOwned(o *Object, spec *backend.Spec, security *windows.SecurityAttributes) error {
	owner, _ := spec.First.(*Owner)
	t, err := owner.take()
	if err != nil {
		return err
	}
	t.do(func() { err = n.create(o, spec, security) })
	if err != nil || o.existed {
		owner.give(t)
		return err
	}
	t.hold(1)
	if owner == nil {
		o.hold(t)
	}
	return nil
}

// Open makes o a handle to the object that has the name.
func (n *Namespace) Open(o *Object, kind backend.Kind, name string) error {
	full, p, err := n.full(name)
	if err != nil {
		return err
	}
	h, err := openKernel(kind, p)
	if err != nil {
		return wrap(err)
	}
	return n.bind(o, h, &backend.Spec{Kind: kind, Name: name}, full, true)
}

// openers open objects by kind.
var openers = map[backend.Kind]struct {
	open func(access uint32, name *uint16) (windows.Handle, error)
	all  uint32
}{
	backend.Event: {
		func(access uint32, name *uint16) (windows.Handle, error) {
			return windows.OpenEvent(access, false, name)
		},
		windows.EVENT_ALL_ACCESS,
	},
	backend.Mutex:     {win32.OpenMutex, windows.MUTEX_ALL_ACCESS},
	backend.Semaphore: {win32.OpenSemaphore, win32.SEMAPHORE_ALL_ACCESS},
	backend.Timer:     {win32.OpenWaitableTimer, win32.TIMER_ALL_ACCESS},
}

// openKernel opens an object with all rights or, where those are not to be had,
// with those that this user has: what takes others fails with ErrPermission.
func openKernel(kind backend.Kind, name *uint16) (windows.Handle, error) {
	k := openers[kind]
	h, err := k.open(k.all, name)
	if err == windows.ERROR_ACCESS_DENIED {
		h, err = k.open(windows.MAXIMUM_ALLOWED, name)
	}
	return h, err
}
