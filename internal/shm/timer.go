package shm

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A timer is a due time and a period. It has no process of its own: whoever
// looks at a timer that is due makes it fire first, and every process that has
// a blocked wait on one keeps an alarm for it. An armed timer keeps S set, so
// that nobody looks at its payload without looking at the time.

// Set makes the timer due after a time, and then periodically.
func (t *Timer) Set(after, period time.Duration) error {
	if t.open.Load() == 0 {
		return backend.ErrClosed
	}
	if after < 0 || period < 0 {
		return fmt.Errorf("due after %v, period %v: neither may be negative: %w", after, period, backend.ErrInvalid)
	}
	return t.arm(func(n *Namespace) uint64 {
		now := n.sys.Now()
		return uint64(now + min(int64(after), math.MaxInt64-now))
	}, clockMonotonic, period)
}

// SetAt makes the timer due at a time of day, and then periodically.
func (t *Timer) SetAt(at time.Time, period time.Duration) error {
	if t.open.Load() == 0 {
		return backend.ErrClosed
	}
	if period < 0 {
		return fmt.Errorf("a period of %v may not be negative: %w", period, backend.ErrInvalid)
	}
	return t.arm(func(*Namespace) uint64 { return wallNanoseconds(at) }, clockWall, period)
}

// wallNanoseconds is the time of day, as far as 64 bits go.
func wallNanoseconds(at time.Time) uint64 {
	const last = math.MaxInt64 / int64(time.Second)
	switch {
	case at.Unix() <= 0:
		return 0
	case at.Unix() >= last:
		return math.MaxInt64
	}
	return uint64(at.UnixNano())
}

func (t *Timer) arm(due func(*Namespace) uint64, clock uint64, period time.Duration) error {
	raceRelease(&t.Object)
	return t.locked(func(r *objectRecord) error {
		n := t.n
		n.close(r)
		n.expire(t.index, r) // what was due before is a signal, to those who wait
		n.put(&r.state, withPayload(r.state.load(), 0))
		n.put(&r.due, due(n))
		n.put(&r.clock, clock)
		n.put(&r.period, uint64(period))
		n.commit()
		n.expire(t.index, r)
		n.tellWaiters(r)
		return nil
	})
}

// Cancel makes the timer no longer due. Its signal stays.
func (t *Timer) Cancel() error {
	return t.locked(func(r *objectRecord) error {
		n := t.n
		n.close(r)
		n.expire(t.index, r) // what was due before is a signal
		r.clock.store(clockNone)
		n.tellWaiters(r)
		return nil
	})
}

// TryWait consumes the signal if there is one.
func (t *Timer) TryWait() (bool, error) { return t.tryWait() }

// Wait blocks until the timer is signalled, and consumes the signal.
func (t *Timer) Wait(ctx context.Context) error { return t.wait(ctx) }

// clockNow is the time on a timer's clock.
func (n *Namespace) clockNow(clock uint64) uint64 {
	if clock == clockWall {
		return uint64(n.sys.WallNow())
	}
	return uint64(n.sys.Now())
}

// expire makes timer i fire if it is due. It must be closed.
func (n *Namespace) expire(i uint32, r *objectRecord) {
	clock := r.clock.load()
	if clock == clockNone {
		return
	}
	now, due := n.clockNow(clock), r.due.load()
	if due > now {
		return
	}
	n.put(&r.state, withPayload(r.state.load(), 1))
	switch period := r.period.load(); {
	case period == 0:
		n.put(&r.clock, clockNone)
	case clock == clockWall:
		n.put(&r.clock, clockMonotonic)
		n.put(&r.due, uint64(n.sys.Now())+period)
	default:
		n.put(&r.due, due+(now-due)/period*period+period) // missed periods are one signal
	}
	n.commit()
	n.settle(i, r)
}

// tellWaiters lets every process with a wait on a timer look when it is due
// now. If this process dies first, its reaper does (wakeScan).
func (n *Namespace) tellWaiters(r *objectRecord) {
	n.startWaking()
	told := uint32(0)
	for w := range n.waitersOf(r) {
		if slot := first(w.who.load()); slot != told {
			n.wakeDispatcher(n.slot(slot))
			told = slot
		}
	}
}
