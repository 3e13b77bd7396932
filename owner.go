package ipc

import "context"

// An Owner stands for a Win32 thread as an owner of mutexes: it may lock a
// mutex that it owns again, and must then unlock it as often, through any
// handle to it; closing it abandons what it still owns. Programs that were
// written for threads keep their meaning with one Owner per thread. Without an
// Owner the *Mutex handle itself is the owner.
//
// Like a thread, an Owner does one thing at a time: a call while another
// goroutine is in one fails with [ErrInvalidUse]. Close is the exception.
type Owner struct {
	native engineOwner
}

// NewOwner returns an Owner that owns nothing.
func NewOwner() *Owner { return &Owner{} }

// Lock makes o the owner of m, blocking until m is free or ctx is done; if o
// owns m already, it succeeds at once and counts. The results are those of
// [Mutex.Lock].
//
//   - [ErrClosed]: o or m was closed before or during the wait.
//   - [ErrInvalidUse]: o is in another call.
func (o *Owner) Lock(ctx context.Context, m *Mutex) (abandoned bool, err error) {
	r, err := o.wait(ctx, "lock mutex", false, []Waitable{m})
	return err == nil && len(r.Abandoned) > 0, err
}

// TryLock makes o the owner of m if it is free or o's already, and never
// blocks.
func (o *Owner) TryLock(m *Mutex) (locked, abandoned bool, err error) {
	r, locked, err := notBlocking(o.wait(expired, "lock mutex", false, []Waitable{m}))
	return locked, len(r.Abandoned) > 0, err
}

// Unlock undoes one Lock of m; the last one gives m up.
//
//   - [ErrNotOwner]: o does not own m.
func (o *Owner) Unlock(m *Mutex) error {
	if o == nil || m == nil {
		return failNil("unlock mutex")
	}
	if err := o.native.Unlock(&m.native); err != nil {
		return fail("unlock mutex", m.name, err)
	}
	return nil
}

// WaitAny is the function [WaitAny] with o as the owner of the mutexes among
// objs; one that it owns already counts as signalled.
func (o *Owner) WaitAny(ctx context.Context, objs ...Waitable) (Result, error) {
	return o.wait(ctx, "wait for any", false, objs)
}

// WaitAll is the function [WaitAll] with o as the owner of the mutexes among
// objs; one that it owns already counts as signalled and is locked once more.
func (o *Owner) WaitAll(ctx context.Context, objs ...Waitable) (Result, error) {
	return o.wait(ctx, "wait for all", true, objs)
}

// SignalAndWait is the function [SignalAndWait] with o as the owner of the
// mutexes.
func (o *Owner) SignalAndWait(ctx context.Context, signal, wait Waitable) (Result, error) {
	if o == nil {
		return Result{}, failNil("signal and wait")
	}
	return signalAndWait(ctx, &o.native, signal, wait)
}

func (o *Owner) wait(ctx context.Context, op string, all bool, objs []Waitable) (Result, error) {
	if o == nil {
		return Result{}, failNil(op)
	}
	return wait(ctx, &o.native, op, all, objs)
}

// Close ends the owner: a blocked call returns ErrClosed, and every mutex that
// it owns is abandoned. Closing it again does nothing.
func (o *Owner) Close() error {
	if o == nil {
		return failNil("close owner")
	}
	if err := o.native.Close(); err != nil {
		return fail("close owner", "", err)
	}
	return nil
}
