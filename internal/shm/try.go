package shm

import (
	"context"

	"github.com/winsys-go/ipc/internal/backend"
)

// casTries bounds the compare-and-swaps of a fast path that others disturb;
// then the lock, which keeps them off, decides.
const casTries = 64

// tryFast consumes the signal of an object by its fast path. Without ok it has
// changed nothing, and the object may be signalled all the same.
func (o *Object) tryFast() (ok, wasAbandoned bool, err error) {
	ok, wasAbandoned, _, err = o.try()
	return ok, wasAbandoned, err
}

// try is tryFast, and says whether the state needs a look under the lock.
func (o *Object) try() (ok, wasAbandoned, sure bool, err error) {
	if o.open.Load() == 0 {
		return false, false, true, backend.ErrClosed
	}
	switch o.kind {
	case backend.Mutex:
		ok, wasAbandoned, sure = o.tryMutex()
		if ok {
			ok, wasAbandoned, err = o.stillOpen(wasAbandoned)
		}
		return ok, wasAbandoned, sure, err
	case backend.Semaphore:
		ok, sure = o.tryPermit()
	case backend.Mailslot:
		ok, sure = !o.ring.empty(), true
	default:
		ok, sure = o.trySignal()
	}
	if ok {
		raceAcquireOne(o)
	}
	return ok, false, sure, nil
}

// tryWait consumes the signal of an event, timer or semaphore if there is one.
func (o *Object) tryWait() (bool, error) {
	ok, _, sure, err := o.try()
	if sure || ok || err != nil {
		return ok, err
	}
	ok, _, err = o.tryLocked()
	return ok, err
}

// tryLocked looks at the state under the lock.
func (o *Object) tryLocked() (bool, backend.WaitResult, error) {
	result, err := o.waitSlow(ended, nil)
	if err == context.Canceled {
		return false, result, nil
	}
	return err == nil, result, err
}

// ended is a context that is done.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// wait blocks until the object is signalled, and consumes the signal.
func (o *Object) wait(ctx context.Context) error {
	_, err := waitOne(ctx, o)
	return err
}

// waitOne is Wait for one object and no Owner: by the fast path, by spinning
// when that has paid lately, else under the lock.
func waitOne(ctx context.Context, o *Object) (backend.WaitResult, error) {
	ok, wasAbandoned, err := o.tryFast()
	if ok || err != nil {
		return backend.WaitResult{Abandoned: when(wasAbandoned, 1)}, err
	}
	if ctx.Err() == nil {
		ok, wasAbandoned, err = o.spinFor()
		if ok || err != nil {
			return backend.WaitResult{Abandoned: when(wasAbandoned, 1)}, err
		}
	}
	// Not by waitSlow, which would be one frame more on the stacks of a crowd.
	result, w, err := o.n.startOne(ctx, nil, o)
	if w != nil {
		result, err = o.n.collect(ctx, nil, w)
	}
	return result, err
}
