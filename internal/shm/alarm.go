package shm

import (
	"math"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// An alarm makes this process look at a timer when it is due, as long as it
// has waits blocked on it. Alarms on the monotonic clock are the runtime's
// timers; those at a time of day are kept by the dispatcher's sleep, which
// follows the clock when that is set.
type alarm struct {
	waits int
	timer *time.Timer
	wall  uint64 // due at this time of day; 0: none
}

// armFor sets the alarms that a wait needs.
func (n *Namespace) armFor(w *waiter) {
	for _, at := range w.req.unique {
		o := w.req.refs[at]
		if o.kind != backend.Timer {
			continue
		}
		a := n.alarms[o.index]
		if a == nil {
			a = &alarm{}
			n.alarms[o.index] = a
		}
		a.waits++
		w.alarms = append(w.alarms, o.index)
		n.setAlarm(o.index, n.object(o.index))
		n.startDispatcher() // others may set the timer anew
	}
}

// disarm ends the alarms that a wait needed.
func (n *Namespace) disarm(w *waiter) {
	for _, i := range w.alarms {
		a := n.alarms[i]
		if a.waits--; a.waits > 0 {
			continue
		}
		if a.timer != nil {
			a.timer.Stop()
		}
		delete(n.alarms, i)
	}
	w.alarms = w.alarms[:0]
}

// setAlarm sets the alarm for timer i, if this process needs one, to when it
// is due now.
func (n *Namespace) setAlarm(i uint32, r *objectRecord) {
	a := n.alarms[i]
	if a == nil {
		return
	}
	a.wall = 0
	switch r.clock.load() {
	case clockMonotonic:
		in := time.Duration(min(r.due.load(), math.MaxInt64)) - time.Duration(n.sys.Now())
		if a.timer == nil {
			a.timer = time.AfterFunc(in, func() { n.sound(i) })
		} else {
			a.timer.Reset(in)
		}
		return
	case clockWall:
		a.wall = max(r.due.load(), 1)
		n.wakeDispatcher(n.self) // it sleeps until the earliest
	}
	if a.timer != nil {
		a.timer.Stop()
	}
}

// sound is what an alarm does.
func (n *Namespace) sound(i uint32) {
	// Damage shows up in the waits themselves.
	n.locked(func() error {
		if n.alarms[i] != nil {
			n.fireAlarm(i)
		}
		return nil
	})
}

func (n *Namespace) fireAlarm(i uint32) {
	r := n.object(i)
	n.close(i, r)
	n.expire(i, r)
	n.setAlarm(i, r)
}

// checkAlarms makes the timers fire that are due by the time of day, sets all
// other alarms anew, and gives the next time of day that one is due at; 0 when
// there is none.
func (n *Namespace) checkAlarms() (next uint64) {
	n.mu.Lock()
	idle := len(n.alarms) == 0
	n.mu.Unlock()
	if idle {
		return 0
	}
	n.locked(func() error {
		next = 0
		for i := range n.alarms {
			n.recheckAlarm(i)
			if a := n.alarms[i]; a.wall != 0 && (next == 0 || a.wall < next) {
				next = a.wall
			}
		}
		return nil
	})
	return next
}

// recheckAlarm is fireAlarm for the dispatcher, which need not be told.
func (n *Namespace) recheckAlarm(i uint32) {
	r := n.object(i)
	n.close(i, r)
	n.expire(i, r)
	a := n.alarms[i]
	if r.clock.load() == clockWall {
		a.wall = max(r.due.load(), 1)
		return
	}
	n.setAlarm(i, r)
}
