//go:build ipcseam

package shm

import (
	"context"
	"errors"

	"github.com/winsys-go/ipc/internal/backend"
)

// perform does one operation as the package's public methods do.
func (r *runner) perform(ctx context.Context, c call) outcome {
	switch c.verb {
	case vWaitAny, vWaitAll, vTryAny, vTryAll:
		var refs []*Object
		for _, o := range c.objects {
			refs = append(refs, r.mine[o].o)
		}
		if c.verb == vTryAny || c.verb == vTryAll {
			ctx = ended
		}
		result, err := Wait(ctx, r.owner, c.verb == vWaitAll || c.verb == vTryAll, refs)
		return waitOutcome(result, err)
	case vSignalAndWait:
		result, err := SignalAndWait(ctx, r.owner, r.mine[c.objects[0]].o, r.mine[c.objects[1]].o)
		return waitOutcome(result, err)
	case vCloseOwner:
		if r.owner == nil {
			return outcome{}
		}
		return outcomeOf(r.owner.Close())
	case vClose:
		return outcomeOf(r.mine[c.objects[0]].o.Close())
	}
	u := r.mine[c.objects[0]]
	switch u.o.kind {
	case backend.Event:
		return performEvent(ctx, &u.event, c)
	case backend.Mutex:
		return r.performMutex(ctx, &u.mutex, c)
	case backend.Semaphore:
		return performSemaphore(ctx, &u.semaphore, c)
	default:
		return performTimer(ctx, &u.timer, c)
	}
}

func performEvent(ctx context.Context, e *Event, c call) outcome {
	switch c.verb {
	case vSet:
		if e.SetFast() {
			return outcome{}
		}
		return outcomeOf(e.Set())
	case vReset:
		return outcomeOf(e.Reset())
	case vPulse:
		return outcomeOf(e.Pulse())
	case vIsSet:
		set, err := e.IsSet()
		return yesOutcome(set, err)
	case vTry:
		if e.TakeFast() {
			return outcome{yes: true}
		}
		return yesOutcome(e.TryWait())
	default:
		return outcomeOf(e.Wait(ctx))
	}
}

func (r *runner) performMutex(ctx context.Context, m *Mutex, c call) outcome {
	if r.owner != nil {
		switch c.verb {
		case vTry:
			result, err := Wait(ended, r.owner, false, []*Object{&m.Object})
			return waitOutcome(result, err)
		case vUnlock:
			return outcomeOf(r.owner.Unlock(m))
		default:
			result, err := Wait(ctx, r.owner, false, []*Object{&m.Object})
			return waitOutcome(result, err)
		}
	}
	switch c.verb {
	case vTry:
		if m.LockFast() {
			return outcome{}
		}
		ok, abandoned, err := m.TryLock()
		if !ok && err == nil {
			err = context.Canceled // as a wait says it
		}
		return waitOutcome(backend.WaitResult{Abandoned: when(abandoned, 1)}, err)
	case vUnlock:
		if m.UnlockFast() {
			return outcome{}
		}
		return outcomeOf(m.Unlock())
	default:
		if m.LockFast() {
			return outcome{}
		}
		abandoned, err := m.Lock(ctx)
		return waitOutcome(backend.WaitResult{Abandoned: when(abandoned, 1)}, err)
	}
}

func performSemaphore(ctx context.Context, s *Semaphore, c call) outcome {
	switch c.verb {
	case vTry:
		if s.AcquireFast() {
			return outcome{yes: true}
		}
		return yesOutcome(s.TryAcquire())
	case vRelease:
		if before, ok := s.ReleaseFast(c.count); ok {
			return outcome{count: before}
		}
		before, err := s.Release(c.count)
		o := outcomeOf(err)
		o.count = before
		return o
	default:
		if s.AcquireFast() {
			return outcome{}
		}
		return outcomeOf(s.Acquire(ctx))
	}
}

func performTimer(ctx context.Context, t *Timer, c call) outcome {
	switch c.verb {
	case vArm:
		return outcomeOf(t.Set(c.after, 0))
	case vDisarm:
		return outcomeOf(t.Cancel())
	case vTry:
		return yesOutcome(t.TryWait())
	default:
		return outcomeOf(t.Wait(ctx))
	}
}

// An outcome is what an operation gives.
type outcome struct {
	code      string
	index     int
	abandoned uint64
	count     int
	yes       bool
}

func yesOutcome(yes bool, err error) outcome {
	o := outcomeOf(err)
	o.yes = yes && err == nil
	return o
}

func waitOutcome(r backend.WaitResult, err error) outcome {
	o := outcomeOf(err)
	if err == nil {
		o.index, o.abandoned = r.Index, r.Abandoned
	}
	return o
}

var sentinels = []error{backend.ErrClosed, backend.ErrNotExist, backend.ErrInvalid, backend.ErrNotOwner, backend.ErrTooManyPosts,
	backend.ErrWrongType, backend.ErrInvalidUse, backend.ErrNoProcess, backend.ErrNoSpace, backend.ErrUnsupported, context.Canceled}

// What an operation gives that was cancelled, or told that something is closed.
var (
	cancelledOutcome = outcome{code: context.Canceled.Error()}
	closedOutcome    = outcome{code: backend.ErrClosed.Error()}
)

func outcomeOf(err error) outcome {
	if err == nil {
		return outcome{}
	}
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return outcome{code: s.Error()}
		}
	}
	return outcome{code: "unexpected: " + err.Error()}
}
