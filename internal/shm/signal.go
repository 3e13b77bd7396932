package shm

import (
	"context"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// SignalAndWait signals one object and waits for another in one step. owner is
// who unlocks and locks mutexes; nil means each handle for itself.
func SignalAndWait(ctx context.Context, owner *Owner, signal, wait *Object) (backend.WaitResult, error) {
	var none backend.WaitResult
	if signal.open.Load() == 0 || wait.open.Load() == 0 {
		return none, backend.ErrClosed
	}
	if signal.n != wait.n {
		return none, errMixed(signal.n, wait.n)
	}
	if owner != nil {
		if err := owner.begin(); err != nil {
			return none, err
		}
		defer owner.end()
	}
	raceRelease(signal)
	req := newRequest([]*Object{wait}, false)
	defer req.free()
	if err := req.resolve(signal.n, owner); err != nil {
		return none, err
	}
	return signal.n.perform(ctx, owner, req, func() error {
		r, err := signal.record()
		if err != nil {
			return err
		}
		return signal.signalLocked(r, owner)
	})
}

// signalLocked sets, releases or unlocks, under the lock.
func (o *Object) signalLocked(r *objectRecord, owner *Owner) error {
	n := o.n
	switch o.kind {
	case backend.Event:
		n.close(o.index, r)
		r.state.store(withPayload(r.state.load(), 1))
		n.settle(o.index, r)
		return nil
	case backend.Semaphore:
		_, err := o.releaseLocked(r, 1)
		return err
	case backend.Mutex:
		give := func(id uint32) error {
			if payload(r.state.load()) != id {
				return backend.ErrNotOwner
			}
			n.pass(o.index, r, 0)
			return nil
		}
		if owner == nil {
			return give(o.owner)
		}
		return owner.unlock(o, give)
	default:
		return fmt.Errorf("a %v cannot be signalled: %w", o.kind, backend.ErrInvalid)
	}
}
