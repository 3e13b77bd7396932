package nt

import (
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/turn"
)

// An Owner owns mutexes in the place of their handles. While it owns any it has
// a thread, which the kernel takes for the owner: recursion is the kernel's.
//
// The zero value is an owner of nothing. A nil *Owner stands for "each handle
// for itself".
type Owner struct {
	turn.Turn // of its calls

	mu     sync.Mutex
	thread *thread  // nil while it owns nothing
	wait   *sleeper // the wait that its call is blocked in
}

// Adopt is what makes w the owner of a mutex that its handle owns. Here it is
// so since the mutex was created: see Spec.First.
func (w *Owner) Adopt(*Mutex) error { return nil }

// take returns the thread for a call that may lock: the one that w has, or one
// that owns nothing.
func (w *Owner) take() (*thread, error) {
	if w == nil {
		return takeThread()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.thread == nil {
		t, err := takeThread()
		if err != nil {
			return nil, err
		}
		w.thread = t
	}
	return w.thread, nil
}

// give ends the use of a thread that was taken, and has locked nothing more.
func (w *Owner) give(t *thread) {
	t.mu.Lock()
	unused := t.holds == 0
	t.mu.Unlock()
	if !unused {
		return
	}
	if w != nil {
		w.mu.Lock()
		w.thread = nil
		w.mu.Unlock()
	}
	t.giveBack()
}

// setWait notes the wait that w is blocked in; one that comes after Close ends
// at once.
func (w *Owner) setWait(s *sleeper) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wait = s
	if s != nil && w.Closed() {
		s.interrupt(backend.ErrClosed)
	}
}

// Unlock undoes one lock of m.
func (w *Owner) Unlock(m *Mutex) error {
	if err := m.use(); err != nil {
		return err
	}
	defer m.unuse()
	if err := w.Begin(); err != nil {
		return err
	}
	defer w.End()
	w.mu.Lock()
	t := w.thread
	w.mu.Unlock()
	if t == nil {
		return backend.ErrNotOwner
	}
	var err error
	t.do(func() { err = windows.ReleaseMutex(m.handle) })
	if err != nil {
		return wrap(err)
	}
	w.lower(t)
	return nil
}

// lower counts one unlock.
func (w *Owner) lower(t *thread) {
	w.mu.Lock()
	t.mu.Lock()
	if t.holds == 1 {
		w.thread = nil
	}
	t.mu.Unlock()
	w.mu.Unlock()
	t.drop()
}

// Close ends the owner: its wait returns ErrClosed, and what it owns is
// abandoned by the end of its thread.
func (w *Owner) Close() error {
	ended, first := w.Turn.Close()
	if !first {
		return nil
	}
	if ended != nil {
		w.endWait()
		<-ended
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.thread; t != nil {
		w.thread = nil
		t.end()
	}
	return nil
}

// endWait ends the wait that w is blocked in, if any.
func (w *Owner) endWait() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wait != nil {
		w.wait.interrupt(backend.ErrClosed)
	}
}
