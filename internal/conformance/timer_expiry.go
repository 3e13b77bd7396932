package conformance

import (
	"time"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// waits is a wait that must succeed, and how long it took.
func (t *Thread) waits(o Ref) time.Duration {
	t.c.t.Helper()
	got, took := t.wait(t.c.limit, o)
	t.c.want(got, ok)
	return took
}

// inTime plays a scene that must be over before a timer that it sets is due,
// and returns when that would have been, and the wait that it began. Where the
// machine is too slow, the scene is played again with more time.
func (c *Case) inTime(play func(due time.Duration) *Pending) (due time.Duration, w *Pending) {
	c.t.Helper()
	for due = 200 * ms; ; due *= 2 {
		start := time.Now()
		w := play(due)
		if time.Since(start) < due {
			return due, w
		}
		if w != nil {
			w.call.Cancel()
			w.result()
		}
	}
}

// blockOrEnd begins a wait and returns when it is queued, or over.
func (t *Thread) blockOrEnd(o Ref) *Pending {
	t.c.t.Helper()
	w := t.start(t.waitOp(forever, o))
	t.c.eventually("the wait is queued", func() bool {
		return w.call.Ended() || t.info(o).Waiters > 0
	})
	return w
}

// timerExpiry: timers that become due.
var timerExpiry = []entry{
	{"TI-03", "auto: due once, for one wait", func(c *Case) {
		o, start := c.timer(false), time.Now()
		c.want(c.main.arm(o, 20*ms, 0), ok)
		c.main.waits(o)
		c.took(time.Since(start), 20*ms)
		got, _ := c.main.wait(100*ms, o)
		c.want(got, timeout)
	}},
	{"TI-04", "auto: a period later it is due again", func(c *Case) {
		const first, period = 20 * ms, 100 * ms
		o, start := c.timer(false), time.Now()
		c.want(c.main.arm(o, first, period), ok)
		for i := range 3 {
			c.main.waits(o)
			c.took(time.Since(start), first+time.Duration(i)*period)
			// Unless this took so long that it is due again already:
			if got := c.main.try(o); time.Since(start) < first+time.Duration(i+1)*period {
				c.want(got, timeout)
			}
		}
		c.check(c.info(o).Period == period, "the period is %v", c.info(o).Period)
		c.want(c.main.disarm(o), ok)
		c.main.try(o)
		got, _ := c.main.wait(2*period, o)
		c.want(got, timeout)
	}},
	{"TI-06", "Cancel before it is due", func(c *Case) {
		c.both(func(manual bool) {
			o := c.timer(manual)
			due, _ := c.inTime(func(due time.Duration) *Pending {
				c.want(c.main.arm(o, due, 0), ok)
				c.want(c.main.disarm(o), ok)
				return nil
			})
			got, _ := c.main.wait(due+grace, o)
			c.want(got, timeout)
		})
	}},
	{"TI-10", "Cancel does not wake who waits", func(c *Case) {
		t1 := c.thread()
		due, w := c.inTime(func(due time.Duration) *Pending {
			o := c.timer(false)
			c.want(c.main.arm(o, due, 0), ok)
			w := t1.blockOrEnd(o)
			c.want(c.main.disarm(o), ok)
			return w
		})
		time.Sleep(due)
		c.blocked(w)
		w.call.Cancel()
		c.released(failed(actor.Canceled), w)
		// Nor does it prolong or cut short a wait with a timeout.
		o, start := c.timer(false), time.Now()
		c.want(c.main.arm(o, long, 0), ok)
		w = t1.blockFor(200*ms, o)
		c.want(c.main.disarm(o), ok)
		c.released(timeout, w)
		c.took(time.Since(start), 200*ms)
	}},
	{"TI-13", "Set replaces the due time: sooner", func(c *Case) {
		o := c.timer(false)
		for _, blocked := range []bool{false, true} {
			c.want(c.main.arm(o, long, 0), ok)
			var w *Pending
			if blocked {
				w = c.thread().block(o)
			}
			start := time.Now()
			c.want(c.main.arm(o, 20*ms, 0), ok)
			if blocked {
				c.released(ok, w)
			} else {
				c.main.waits(o)
			}
			c.took(time.Since(start), 20*ms)
		}
	}},
	{"TI-15", "Set replaces the due time: later", func(c *Case) {
		t1 := c.thread()
		var o *Object
		due, w := c.inTime(func(due time.Duration) *Pending {
			o = c.timer(false)
			c.want(c.main.arm(o, due, 0), ok)
			w := t1.blockOrEnd(o)
			c.want(c.main.arm(o, long, 0), ok)
			return w
		})
		time.Sleep(due)
		c.blocked(w)
		c.want(c.main.arm(o, 0, 0), ok)
		c.released(ok, w)
	}},
	{"TI-18", "the clock is set: absolute timers follow, others do not", func(c *Case) {
		c.needClock()
		absolute, relative := c.timer(false), c.timer(false)
		ts := c.threads(2)
		start := time.Now()
		c.want(c.main.armAt(absolute, start.Add(4*time.Second), 0), ok)
		c.want(c.main.arm(relative, 2*time.Second, 0), ok)
		w1, w2 := ts[0].block(absolute), ts[1].block(relative)
		c.jumpClock(10 * time.Second)
		c.released(ok, w1)
		c.check(time.Since(start) < 4*time.Second, "the absolute timer did not follow the clock")
		c.released(ok, w2)
		c.took(time.Since(start), 2*time.Second)
	}},
	{"TI-19", "a very short time", func(c *Case) {
		o := c.timer(false)
		for _, d := range []time.Duration{1, 16 * time.Microsecond, ms} {
			c.want(c.main.arm(o, d, 0), ok)
			c.main.waits(o)
			c.want(c.main.try(o), timeout)
		}
	}},
	{"TI-22", "auto: periods that nobody waited for are one signal", func(c *Case) {
		const period = 200 * ms
		o, start := c.timer(false), time.Now()
		c.want(c.main.arm(o, 0, period), ok)
		time.Sleep(3*period + period/4)
		passed := time.Since(start) / period
		first, second := c.main.try(o), c.main.try(o)
		c.want(first, ok)
		if time.Since(start) < (passed+1)*period { // not slow enough for another period
			c.want(second, timeout)
		}
	}},
	{"TI-25", "a timer, an event and a semaphore in one wait", func(c *Case) {
		e, s, o := c.event(true, false), c.semaphore(0, 1), c.timer(false)
		start := time.Now()
		c.want(c.main.arm(o, 50*ms, 0), ok)
		c.want(c.main.any(c.limit, e, s, o), okAt(2))
		c.took(time.Since(start), 50*ms)
		c.want(c.main.set(e), ok)
		start = time.Now()
		c.want(c.main.arm(o, 50*ms, 0), ok)
		c.want(c.main.all(c.limit, e, o), ok)
		c.took(time.Since(start), 50*ms)
		c.want(c.main.try(o), timeout)
		c.want(c.main.try(e), ok)
	}},
	{"TI-30", "a timer does not belong to who has set it", func(c *Case) {
		t2 := c.thread()
		c.deaths(func(t1 *Thread, die func()) {
			o := c.named(actor.Timer, actor.Spec{})
			c.want(t1.arm(o, 100*ms, 0), ok)
			die()
			t2.waits(o)
			c.want(t2.try(o), timeout)
		})
	}},
	{"TI-x3", "manual: a period later it is still signalled, and Set clears it", func(c *Case) {
		o := c.timer(true)
		c.want(c.main.arm(o, 10*ms, 10*ms), ok)
		for range 3 {
			c.main.waits(o)
			c.want(c.main.try(o), ok)
			c.want(c.thread().try(o), ok)
		}
		c.want(c.main.arm(o, long, 0), ok)
		c.want(c.main.try(o), timeout)
	}},
	{"TI-x4", "due at a time of day, and then every period", func(c *Case) {
		const period = 60 * ms
		for _, blocked := range []bool{false, true} {
			o, start := c.timer(false), time.Now()
			w := &Pending{}
			if blocked {
				w = c.thread().block(o)
			}
			c.want(c.main.armAt(o, start.Add(100*ms), period), ok)
			if blocked {
				c.released(ok, w)
			} else {
				// Unless this took so long that it is due already:
				if got := c.main.try(o); time.Since(start) < 100*ms {
					c.want(got, timeout)
				}
				c.main.waits(o)
			}
			c.took(time.Since(start), 100*ms)
			c.main.waits(o)
			c.took(time.Since(start), 100*ms+period)
		}
	}},
	{"TI-x1", "a manual-reset timer releases everybody, an auto-reset one somebody", func(c *Case) {
		ts := c.threads(3)
		c.both(func(manual bool) {
			o := c.timer(manual)
			waits := c.allBlock(ts, o)
			c.want(c.main.arm(o, 20*ms, 0), ok)
			if manual {
				c.released(ok, waits...)
				c.want(c.main.try(o), ok)
				return
			}
			_, rest := c.oneReleased(ok, waits)
			c.want(c.main.arm(o, 0, 5*ms), ok)
			c.released(ok, rest...)
		})
	}},
	{"TI-x2", "two timers with one waiter: the earlier wins, whichever was set first", func(c *Case) {
		t1 := c.thread()
		for _, sooner := range []int{0, 1} {
			os := []Ref{c.timer(false), c.timer(true)}
			w := t1.blockAny(os...)
			c.want(c.main.arm(os[1-sooner], long, 0), ok)
			c.want(c.main.arm(os[sooner], 20*ms, 0), ok)
			c.released(okAt(sooner), w)
		}
	}},
}
