package nt

import (
	"context"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// The fast paths of other systems: here every operation is one of the kernel.

// LockFast is not possible.
func (m *Mutex) LockFast() bool { return false }

// UnlockFast is not possible.
func (m *Mutex) UnlockFast() bool { return false }

// Lock takes the mutex, blocking until it is free. Each lock is tried on a
// thread that owns nothing, so that a handle is not recursive.
func (m *Mutex) Lock(ctx context.Context) (wasAbandoned bool, err error) {
	r, err := Wait(ctx, nil, false, []*Object{&m.Object})
	return r.Abandoned != 0, err
}

// TryLock takes the mutex if it is free.
func (m *Mutex) TryLock() (locked, wasAbandoned bool, err error) {
	wasAbandoned, err = m.Lock(ended)
	if err == context.Canceled {
		return false, false, nil
	}
	return err == nil, wasAbandoned, err
}

// Unlock gives the mutex up.
func (m *Mutex) Unlock() error {
	if err := m.use(); err != nil {
		return err
	}
	defer m.unuse()
	t := m.unhold()
	if t == nil {
		return backend.ErrNotOwner
	}
	var err error
	t.do(func() { err = windows.ReleaseMutex(m.handle) })
	if err != nil {
		m.hold(t)
		return wrap(err)
	}
	t.drop()
	return nil
}

// hold notes the thread that owns the mutex for this handle.
func (o *Object) hold(t *thread) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holder = t
}

// unhold returns the thread, before it unlocks the mutex: from then on somebody
// else may own it through this handle.
func (o *Object) unhold() *thread {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.holder
	o.holder = nil
	return t
}

// ended is a context that is done.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
