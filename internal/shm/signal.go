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
		if err := owner.Begin(); err != nil {
			return none, err
		}
		defer owner.End()
	}
	raceRelease(signal)
	give := signalling{o: signal, as: signal.owner, count: 1}
	if owner != nil && signal.kind == backend.Mutex {
		give.count, give.as = owner.holding(signal)
	}
	req := request{refs: []*Object{wait}, owners: make([]uint32, 1), unique: make([]uint8, 1), owned: wait.kind == backend.Mutex}
	result, w, err := signal.n.start(ctx, owner, &req, &give)
	if w != nil {
		result, err = signal.n.collect(ctx, owner, w)
	}
	if give.done && owner != nil && signal.kind == backend.Mutex {
		owner.lower(signal)
	}
	return result, err
}

// A signalling is the first half of SignalAndWait.
type signalling struct {
	o     *Object
	as    uint32 // mutexes: the owner
	count int    // mutexes: how often it has locked it
	done  bool
}

// do sets, releases or unlocks, under the lock.
func (s *signalling) do() error {
	r, err := s.o.record()
	if err == nil {
		err = s.signal(r)
	}
	s.done = err == nil
	return err
}

func (s *signalling) signal(r *objectRecord) error {
	o := s.o
	switch o.kind {
	case backend.Event:
		o.n.close(r)
		r.state.store(withPayload(r.state.load(), 1))
		o.n.settle(o.index, r)
		return nil
	case backend.Semaphore:
		_, err := o.releaseLocked(r, 1)
		return err
	case backend.Mutex:
		return s.unlock(r)
	default:
		return fmt.Errorf("a %v cannot be signalled: %w", o.kind, backend.ErrInvalid)
	}
}

func (s *signalling) unlock(r *objectRecord) error {
	owned := false
	switch s.count {
	case 0:
	case 1:
		owned = s.o.n.pass(s.o.index, r, s.as, 0)
	default:
		owned = payload(r.state.load()) == s.as
	}
	if !owned {
		return backend.ErrNotOwner
	}
	return nil
}
