package nt

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// A signalling is a SignalAndWait.
type signalling struct {
	call
	signal *Object
	done   bool // the signal was given
}

// SignalAndWait signals one object and waits for another in one step, as far as
// the kernel makes it one. owner is who unlocks and locks mutexes; nil means
// each handle for itself.
func SignalAndWait(ctx context.Context, owner *Owner, signal, wait *Object) (backend.WaitResult, error) {
	var none backend.WaitResult
	s := &signalling{signal: signal, call: call{owner: owner, refs: []*Object{wait}}}
	if err := signal.use(); err != nil {
		return none, err
	}
	defer signal.unuse()
	defer s.end()
	if err := s.begin(); err != nil {
		return none, err
	}
	if signal.kind == backend.Timer || signal.kind == backend.Mailslot {
		return none, fmt.Errorf("a %v cannot be signalled: %w", signal.kind, backend.ErrInvalid)
	}
	if owner != nil {
		if err := owner.Begin(); err != nil {
			return none, err
		}
		defer owner.End()
	}
	switch {
	case owner == nil && signal.kind == backend.Mutex:
		return s.unlockHandle(ctx)
	case signal.kind == backend.Mutex || s.mutexes != 0:
		return s.onThread(ctx)
	}
	return s.perform(ctx, nil)
}

// onThread does it on the thread of the owner, or on one for the handle that
// waits.
func (s *signalling) onThread(ctx context.Context) (backend.WaitResult, error) {
	t, err := s.owner.take()
	if err != nil {
		return backend.WaitResult{}, err
	}
	defer s.owner.give(t)
	var result backend.WaitResult
	t.do(func() { result, err = s.perform(ctx, t) })
	if err == nil {
		s.acquired(t, result)
	}
	if s.done && s.signal.kind == backend.Mutex {
		t.hold(-1)
	}
	return result, err
}

// unlockHandle unlocks a mutex that its handle owns, and waits on the same
// thread. That is one step unless the thread has locked more for other handles,
// which may be unlocked at any time: then it must not block.
func (s *signalling) unlockHandle(ctx context.Context) (result backend.WaitResult, err error) {
	t := s.signal.unhold()
	if t == nil {
		return result, backend.ErrNotOwner
	}
	defer func() {
		if s.done {
			t.drop()
		} else {
			s.signal.hold(t)
		}
	}()
	if !t.only() {
		t.do(func() { err = windows.ReleaseMutex(s.signal.handle) })
		if s.done = err == nil; !s.done {
			return result, wrap(err)
		}
		return Wait(ctx, nil, false, s.refs)
	}
	t.do(func() { result, err = s.perform(ctx, t) })
	if err == nil {
		s.acquired(t, result)
	}
	return result, err
}

// perform gives the signal and waits, on this thread, which is t, or any if t is
// nil.
func (s *signalling) perform(ctx context.Context, t *thread) (backend.WaitResult, error) {
	var code uint32
	err := ctx.Err()
	if err == nil {
		code, err = s.block(ctx, t, s.attempt)
	}
	if !s.done && err != nil && err == ctx.Err() {
		// The context ended before the signal was given, which it must be.
		var kernel error
		if code, kernel = s.attempt(0, false); kernel != nil {
			return backend.WaitResult{}, wrap(kernel)
		}
		if code != win32.WAIT_TIMEOUT {
			err = nil
		}
	}
	if err != nil {
		return backend.WaitResult{}, err
	}
	return s.result(code), nil
}

// attempt is the first attempt, which gives the signal.
func (s *signalling) attempt(milliseconds uint32, alertable bool) (uint32, error) {
	windows.SetEvent(s.sleeper.entered)
	code, err := win32.SignalObjectAndWait(s.signal.handle, s.handles[0], milliseconds, alertable)
	s.done = err == nil
	return code, err
}
