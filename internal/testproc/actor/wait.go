package actor

import (
	"context"

	"github.com/winsys-go/ipc"
)

// wait does the operations that can block.
func (a *Local) wait(ctx context.Context, op *Op) Result {
	owner := a.owner(op.Owner)
	if op.Owner != 0 && owner == nil {
		return Result{Code: Other, Text: "no such owner"}
	}
	numbers := op.Handles
	if op.Verb == Wait {
		numbers = []int{op.Handle}
	}
	objects := make([]ipc.Waitable, len(numbers))
	for i, n := range numbers {
		objects[i] = a.object(n)
	}
	verb := op.Verb
	if op.Via != "" {
		verb = op.Via
	}
	if op.Timeout == 0 {
		return a.try(verb, owner, objects)
	}
	ctx, cancel := deadline(ctx, op.Timeout)
	defer cancel()
	switch verb {
	case Any:
		return waited(waiter(owner, ipc.WaitAny, (*ipc.Owner).WaitAny)(ctx, objects...))
	case All:
		return waited(waiter(owner, ipc.WaitAll, (*ipc.Owner).WaitAll)(ctx, objects...))
	case SignalWait:
		if owner != nil {
			return waited(owner.SignalAndWait(ctx, objects[0], objects[1]))
		}
		return waited(ipc.SignalAndWait(ctx, objects[0], objects[1]))
	}
	return waitSingle(ctx, owner, objects[0])
}

type waitFunc func(context.Context, ...ipc.Waitable) (ipc.Result, error)

// waiter is the owner's method, or the function when there is no owner.
func waiter(owner *ipc.Owner, f waitFunc, method func(*ipc.Owner, context.Context, ...ipc.Waitable) (ipc.Result, error)) waitFunc {
	if owner == nil {
		return f
	}
	return func(ctx context.Context, objects ...ipc.Waitable) (ipc.Result, error) {
		return method(owner, ctx, objects...)
	}
}

func waitSingle(ctx context.Context, owner *ipc.Owner, object ipc.Waitable) Result {
	switch o := object.(type) {
	case *ipc.Event:
		return fail(o.Wait(ctx))
	case *ipc.Semaphore:
		return fail(o.Acquire(ctx))
	case *ipc.Timer:
		return fail(o.Wait(ctx))
	case *ipc.Process:
		return fail(o.Wait(ctx))
	case *ipc.Mutex:
		if owner != nil {
			return locked(owner.Lock(ctx, o))
		}
		return locked(o.Lock(ctx))
	}
	return Result{Code: Other, Text: "no such object"}
}

// over is a context that is done already: what it cuts short would have
// blocked.
var over = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// try is wait without blocking, in the form that the package has for it.
func (a *Local) try(verb Verb, owner *ipc.Owner, objects []ipc.Waitable) Result {
	switch {
	case verb == Wait:
		return trySingle(owner, objects[0])
	case verb == Any && owner == nil:
		return triedMany(ipc.TryWaitAny(objects...))
	case verb == All && owner == nil:
		return triedMany(ipc.TryWaitAll(objects...))
	}
	var r Result
	switch {
	case verb == Any:
		r = waited(owner.WaitAny(over, objects...))
	case verb == All:
		r = waited(owner.WaitAll(over, objects...))
	case owner != nil:
		r = waited(owner.SignalAndWait(over, objects[0], objects[1]))
	default:
		r = waited(ipc.SignalAndWait(over, objects[0], objects[1]))
	}
	if r.Code == Canceled {
		r.Code = Timeout
	}
	return r
}

func trySingle(owner *ipc.Owner, object ipc.Waitable) Result {
	switch o := object.(type) {
	case *ipc.Event:
		return tried(o.TryWait())
	case *ipc.Semaphore:
		return tried(o.TryAcquire())
	case *ipc.Timer:
		return tried(o.TryWait())
	case *ipc.Process:
		return tried(o.TryWait())
	case *ipc.Mutex:
		if owner != nil {
			return triedLock(owner.TryLock(o))
		}
		return triedLock(o.TryLock())
	}
	return Result{Code: Other, Text: "no such object"}
}

func tried(ok bool, err error) Result {
	if err == nil && !ok {
		return Result{Code: Timeout}
	}
	return fail(err)
}

func triedLock(ok, abandoned bool, err error) Result {
	if err == nil && !ok {
		return Result{Code: Timeout}
	}
	return locked(abandoned, err)
}

func triedMany(got ipc.Result, ok bool, err error) Result {
	if err == nil && !ok {
		return Result{Code: Timeout}
	}
	return waited(got, err)
}

func locked(abandoned bool, err error) Result {
	r := fail(err)
	if abandoned {
		r.Abandoned = []int{0}
	}
	return r
}

func waited(got ipc.Result, err error) Result {
	r := fail(err)
	r.Index, r.Abandoned = got.Index, got.Abandoned
	if err == nil && got.Object == nil {
		return Result{Code: Other, Text: "a wait succeeded without an object"}
	}
	return r
}
