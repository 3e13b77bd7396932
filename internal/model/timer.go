package model

import (
	"math"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// never is a due time that does not come.
const never = time.Duration(math.MaxInt64)

// SetTimer clears the signal, forgets an earlier due time and makes the timer
// due once after has passed, and again after every period unless that is 0.
// An after of 0 is due at once. With a negative argument nothing changes.
//
// A timer belongs to nobody: it fires whatever becomes of who has set it.
func (w *World) SetTimer(h HandleID, after, period time.Duration) error {
	_, o, err := w.as(backend.Timer, h)
	switch {
	case err != nil:
		return err
	case after < 0, period < 0:
		return backend.ErrInvalid
	}
	w.arm(o, later(w.Now, after), time.Time{}, period)
	return nil
}

// SetTimerAt is like SetTimer with a time of day. The timer follows that clock
// when it is set, until it has fired; its periods are monotonic. A time that
// has passed is due at once.
func (w *World) SetTimerAt(h HandleID, at time.Time, period time.Duration) error {
	if !at.After(w.Wall) {
		return w.SetTimer(h, 0, period)
	}
	_, o, err := w.as(backend.Timer, h)
	switch {
	case err != nil:
		return err
	case period < 0:
		return backend.ErrInvalid
	}
	w.arm(o, 0, at.Round(0), period)
	return nil
}

func (w *World) arm(o *Object, due time.Duration, at time.Time, period time.Duration) {
	o.Signaled = false
	o.Armed, o.Due, o.DueAt, o.Period = true, due, at, period
	w.fire()
	w.settle()
}

// CancelTimer makes the timer no longer due. A signal that is there stays; a
// timer that is not due is left as it is.
func (w *World) CancelTimer(h HandleID) error {
	_, o, err := w.as(backend.Timer, h)
	if err == nil {
		o.disarm()
	}
	return err
}

func (o *Object) disarm() { o.Armed, o.Due, o.DueAt, o.Period = false, 0, time.Time{}, 0 }

// remaining tells how long a timer has until it is due; never for one that is
// not armed.
func (w *World) remaining(o *Object) time.Duration {
	switch {
	case !o.Armed:
		return never
	case !o.DueAt.IsZero():
		return o.DueAt.Sub(w.Wall)
	default:
		return o.Due - w.Now
	}
}

// expire signals a timer that is due. Due times that have been missed add
// nothing: the next one is the first that is still to come.
func (o *Object) expire(now time.Duration) {
	o.Signaled = true
	if o.Period == 0 {
		o.disarm()
		return
	}
	if !o.DueAt.IsZero() {
		o.Due, o.DueAt = now, time.Time{}
	}
	o.Due = later(o.Due+(now-o.Due)/o.Period*o.Period, o.Period)
}

// later adds durations, up to never.
func later(t, d time.Duration) time.Duration {
	if d > never-t {
		return never
	}
	return t + d
}
