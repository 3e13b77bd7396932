package ipc

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"github.com/winsys-go/ipc/internal/backend"
)

// Waitable is what WaitAny and WaitAll wait for: *Event, *Mutex, *Semaphore,
// *Timer, *Mailslot and *Process.
type Waitable interface {
	// Name gives the object's name; empty for an anonymous one.
	Name() string
	// Close closes the handle and ends its waits with ErrClosed.
	Close() error

	ref() (reference, error)
}

// MaxWaitObjects is the largest number of objects in one wait
// (MAXIMUM_WAIT_OBJECTS).
const MaxWaitObjects = backend.MaxWait

// A reference is what a wait needs of one object: the engine's handle or, for
// a process, what makes one in the namespace of the other objects.
type reference struct {
	object  *engineObject
	process *Process
}

// Result tells what ended a wait.
type Result struct {
	// Index is the lowest index among the objects that were signalled. It is
	// 0 for a wait-all.
	Index int
	// Object is the object at Index.
	Object Waitable
	// Abandoned holds the indices of the mutexes that the wait acquired and
	// whose last owner ended without unlocking them, in rising order.
	Abandoned []int
}

var (
	errNilObject = fmt.Errorf("the handle is nil: %w", ErrInvalid)
	errNoObjects = fmt.Errorf("no objects to wait for: %w", ErrInvalid)
)

// WaitAny blocks until one of objs is signalled or ctx is done, and consumes
// the signal of the one with the lowest index, nothing of the others: an
// event is unset, a semaphore's count lowered, a mutex locked, each as its own
// wait would do it. Signalled objects win over a ctx that is done already. At
// most 64 objects, all of one namespace; the same one may stand there twice.
//
// On failure nothing was consumed.
//
//   - [ErrInvalid]: no objects, more than 64, or a nil one.
//   - [ErrClosed]: a handle was closed before or during the wait.
//   - [ErrUnsupported]: objects of different namespaces, which only Windows can
//     wait for.
//   - the context's error.
func WaitAny(ctx context.Context, objs ...Waitable) (Result, error) {
	return wait(ctx, nil, "wait for any", false, objs)
}

// WaitAll blocks until all of objs are signalled at one instant or ctx is done,
// and then consumes all their signals in one step; until then it holds
// nothing. The limits and errors are those of [WaitAny]; besides,
//
//   - [ErrInvalid]: an object stands there twice, through whatever handle.
func WaitAll(ctx context.Context, objs ...Waitable) (Result, error) {
	return wait(ctx, nil, "wait for all", true, objs)
}

// TryWaitAny is [WaitAny] without blocking: ok is false when none of objs is
// signalled.
func TryWaitAny(objs ...Waitable) (r Result, ok bool, err error) {
	return notBlocking(WaitAny(expired, objs...))
}

// TryWaitAll is [WaitAll] without blocking: ok is false when not all of objs
// are signalled.
func TryWaitAll(objs ...Waitable) (r Result, ok bool, err error) {
	return notBlocking(WaitAll(expired, objs...))
}

// expired is a context that ended long ago.
var expired = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// notBlocking turns the end of the expired context into "not now".
func notBlocking(r Result, err error) (Result, bool, error) {
	if err == nil {
		return r, true, nil
	}
	if errors.Is(err, context.Canceled) {
		return Result{}, false, nil
	}
	return Result{}, false, err
}

// SignalAndWait signals one object, an event by setting it, a semaphore by
// releasing one permit, a mutex by unlocking it, and waits for another, in one
// step: nobody who acts on the signal is ahead of this wait. The signal stays
// when the wait then fails or ends with ctx; when the signal itself fails
// ([ErrNotOwner], [ErrTooManyPosts]) nothing was waited for.
//
//   - [ErrInvalid]: signal is a timer or a process, or one of the two is nil.
//   - the errors of [WaitAny].
func SignalAndWait(ctx context.Context, signal, wait Waitable) (Result, error) {
	return signalAndWait(ctx, nil, signal, wait)
}

func signalAndWait(ctx context.Context, owner *engineOwner, signal, wait Waitable) (Result, error) {
	const op = "signal and wait"
	if signal == nil || wait == nil {
		return Result{}, fail(op, "", errNilObject)
	}
	refs := [2]*engineObject{}
	if err := resolve(refs[:], []Waitable{signal, wait}); err != nil {
		return Result{}, fail(op, signal.Name(), unwrapOnce(err))
	}
	if _, isProcess := signal.(*Process); isProcess {
		return Result{}, fail(op, signal.Name(), fmt.Errorf("a process cannot be signalled: %w", ErrInvalid))
	}
	got, err := engineSignalAndWait(ctx, owner, refs[0], refs[1])
	if err != nil {
		return Result{}, fail(op, signal.Name(), err)
	}
	return makeResult(got, []Waitable{wait}), nil
}

func wait(ctx context.Context, owner *engineOwner, op string, all bool, objs []Waitable) (Result, error) {
	switch {
	case len(objs) == 0:
		return Result{}, fail(op, "", errNoObjects)
	case len(objs) > backend.MaxWait:
		return Result{}, fail(op, "", fmt.Errorf("%d objects, at most %d are possible: %w", len(objs), backend.MaxWait, ErrInvalid))
	}
	var room [backend.MaxWait]*engineObject
	refs := room[:len(objs)]
	if err := resolve(refs, objs); err != nil {
		return Result{}, fail(op, "", unwrapOnce(err))
	}
	got, err := engineWait(ctx, owner, all, refs)
	if err != nil {
		return Result{}, fail(op, nameOf(objs), err)
	}
	return makeResult(got, objs), nil
}

// resolve finds the engine's handles of objs. A process has one in each
// namespace that it was waited for in.
func resolve(refs []*engineObject, objs []Waitable) error {
	processes := false
	for i, o := range objs {
		if e, ok := o.(*Event); ok && e != nil { // most are
			refs[i] = &e.native.Object
			continue
		}
		if o == nil {
			return fmt.Errorf("object %d: %w", i, errNilObject)
		}
		r, err := o.ref()
		if err != nil {
			return fmt.Errorf("object %d: %w", i, err)
		}
		refs[i] = r.object
		processes = processes || r.process != nil
	}
	if !processes {
		return nil
	}
	return resolveProcesses(refs, objs)
}

func makeResult(got backend.WaitResult, objs []Waitable) Result {
	r := Result{Index: got.Index, Object: objs[got.Index]}
	for mask := got.Abandoned; mask != 0; mask &= mask - 1 {
		r.Abandoned = append(r.Abandoned, bits.TrailingZeros64(mask))
	}
	return r
}

// nameOf gives the name for the error of a wait: a single object's own.
func nameOf(objs []Waitable) string {
	if len(objs) == 1 {
		return objs[0].Name()
	}
	return ""
}
