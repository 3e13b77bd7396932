package shm

import (
	"math"
	"slices"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// An alarm makes this process look at a timer when it is due, as long as it
// has waits blocked on it. The dispatcher keeps all alarms by the length of
// its sleep: the kernel ends it within microseconds, where the runtime's own
// timers take up to a millisecond when the process is idle, and it can follow
// the time of day.

// An alarm is a timer that waits of this process are blocked on.
type alarm struct {
	timer uint32
	waits int
}

// alarmAt finds the alarm for a timer.
func (n *Namespace) alarmAt(timer uint32) int {
	return slices.IndexFunc(n.alarms, func(a alarm) bool { return a.timer == timer })
}

// armFor adds the alarms that a wait needs.
func (n *Namespace) armFor(w *waiter) {
	for _, at := range w.req.objects() {
		if o := w.req.refs[at]; o.kind == backend.Timer {
			if at := n.alarmAt(o.index); at >= 0 {
				n.alarms[at].waits++
			} else {
				n.alarms = append(n.alarms, alarm{o.index, 1})
			}
			w.armed = true
		}
	}
	if w.armed {
		n.startDispatcher() // others may set the timer anew, too
		n.wakeDispatcher(n.self)
	}
}

// disarm removes the alarms that a wait needed.
func (n *Namespace) disarm(w *waiter) {
	if !w.armed {
		return
	}
	w.armed = false
	for _, at := range w.req.objects() {
		if o := w.req.refs[at]; o.kind == backend.Timer {
			at := n.alarmAt(o.index)
			if n.alarms[at].waits--; n.alarms[at].waits == 0 {
				n.alarms = slices.Delete(n.alarms, at, at+1)
			}
		}
	}
}

// nextAlarm is when the dispatcher must look again, on both clocks; 0 means
// never.
type nextAlarm [clockWall + 1]uint64

// checkAlarms makes the timers fire that are due, and gives when it must be
// called again.
func (n *Namespace) checkAlarms() (next nextAlarm) {
	n.mu.Lock()
	idle := len(n.alarms) == 0
	n.mu.Unlock()
	if idle {
		return next
	}
	// Damage shows up in the waits themselves.
	n.locked(func() error {
		next = nextAlarm{}
		for _, a := range n.alarms {
			i := a.timer
			r := n.object(i)
			n.close(r)
			n.expire(i, r)
			clock, due := r.clock.load(), max(r.due.load(), 1)
			if clock == clockNone || clock > clockWall {
				continue
			}
			if next[clock] == 0 || due < next[clock] {
				next[clock] = due
			}
		}
		return nil
	})
	return next
}

// sleepUntil sleeps on the doorbell until it rings or an alarm is due.
func (n *Namespace) sleepUntil(seen uint32, next nextAlarm) {
	doorbell := (*uint32)(&n.self.doorbell)
	wall, monotonic := next[clockWall], next[clockMonotonic]
	left := time.Duration(-1)
	if monotonic != 0 {
		left = max(time.Duration(min(monotonic, math.MaxInt64))-time.Duration(n.sys.Now()), 0)
	}
	if wall == 0 {
		n.sys.Sleep(doorbell, seen, left)
		return
	}
	// The kernel's sleep follows one clock. The other rings.
	if monotonic != 0 {
		defer time.AfterFunc(left, func() { n.ring(n.self) }).Stop()
	}
	n.sys.SleepUntil(doorbell, seen, int64(min(wall, math.MaxInt64)))
}
