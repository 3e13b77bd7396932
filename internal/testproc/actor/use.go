package actor

import (
	"fmt"

	"github.com/winsys-go/ipc"
)

func useEvent(e *ipc.Event, op *Op) Result {
	switch op.Verb {
	case Close:
		return fail(e.Close())
	case Set:
		return fail(e.Set())
	case Reset:
		return fail(e.Reset())
	case Pulse:
		return fail(e.Pulse())
	case IsSet:
		set, err := e.IsSet()
		r := fail(err)
		r.Set = set
		return r
	case Raise:
		if set, err := e.IsSet(); set || err != nil {
			return Result{Code: Timeout, Text: fmt.Sprint("set already: ", err)}
		}
		return fail(e.Set())
	case Info:
		return withInfo(e.Info())
	}
	return unknown(op)
}

func (a *Local) useMutex(m *ipc.Mutex, op *Op) Result {
	switch op.Verb {
	case Close:
		return fail(m.Close())
	case Unlock:
		if o := a.owner(op.Owner); o != nil {
			return fail(o.Unlock(m))
		}
		return fail(m.Unlock())
	case Info:
		return withInfo(m.Info())
	}
	return unknown(op)
}

func useSemaphore(s *ipc.Semaphore, op *Op) Result {
	switch op.Verb {
	case Close:
		return fail(s.Close())
	case Release:
		previous, err := s.Release(op.N)
		r := fail(err)
		r.N = previous
		return r
	case Info:
		return withInfo(s.Info())
	}
	return unknown(op)
}

func useTimer(t *ipc.Timer, op *Op) Result {
	switch op.Verb {
	case Close:
		return fail(t.Close())
	case Arm:
		if !op.At.IsZero() {
			return fail(t.SetAt(op.At, op.Period))
		}
		return fail(t.Set(op.After, op.Period))
	case Disarm:
		return fail(t.Cancel())
	case Info:
		return withInfo(t.Info())
	}
	return unknown(op)
}

func withInfo(i ipc.Info, err error) Result {
	r := fail(err)
	r.Info = &i
	return r
}

func unknown(op *Op) Result {
	return Result{Code: Other, Text: fmt.Sprintf("no such operation: %+v", *op)}
}
