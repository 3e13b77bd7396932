package model

import "time"

// Advance lets time pass on both clocks. What becomes due on the way happens
// in its order: timers that are due at the same instant are signalled
// together, and then those who wait are settled.
func (w *World) Advance(d time.Duration) {
	end := later(w.Now, max(d, 0))
	for {
		step := w.nextExpiry()
		if step > end-w.Now {
			break
		}
		w.pass(step)
		w.fire()
		w.settle()
	}
	w.pass(end - w.Now)
	w.fire() // periods of timers that are signalled already
}

// SetWall sets the time of day. Only timers that were set to a time of day,
// and have not fired yet, take notice.
func (w *World) SetWall(t time.Time) {
	w.Wall = t.Round(0)
	w.fire()
	w.settle()
}

func (w *World) pass(d time.Duration) {
	w.Now += d
	w.Wall = w.Wall.Add(d)
}

// nextExpiry tells how long it is until a timer changes. One that is signalled
// does not change when it is due, so it is no reason to stop on the way.
func (w *World) nextExpiry() time.Duration {
	next := never
	for _, o := range w.Objects {
		if !o.Signaled {
			next = min(next, w.remaining(o))
		}
	}
	return next
}

// fire signals the timers that are due.
func (w *World) fire() {
	for _, o := range w.Objects {
		if w.remaining(o) <= 0 {
			o.expire(w.Now)
		}
	}
}
