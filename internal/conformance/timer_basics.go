package conformance

import (
	"time"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

const (
	ms   = time.Millisecond
	long = 10 * time.Minute // not due in this test
)

// fired makes a timer that is signalled.
func (c *Case) fired(manual bool) *Object {
	c.t.Helper()
	o := c.timer(manual)
	c.want(c.main.arm(o, 0, 0), ok)
	c.check(c.info(o).Signaled, "a timer that is due at once is not signalled")
	return o
}

// timerBasics: timers where time plays no part.
var timerBasics = []entry{
	{"TI-01", "a new timer is not signalled", func(c *Case) {
		c.both(func(manual bool) {
			o := c.timer(manual)
			c.want(c.main.try(o), timeout)
			got, _ := c.main.wait(20*ms, o)
			c.want(got, timeout)
			c.check(c.info(o).Due.IsZero(), "a new timer is due")
		})
	}},
	{"TI-07", "Cancel leaves the signal", func(c *Case) {
		c.both(func(manual bool) {
			o := c.fired(manual)
			c.want(c.main.disarm(o), ok)
			c.want(c.main.try(o), ok)
			if manual {
				c.want(c.main.try(o), ok)
			} else {
				c.want(c.main.try(o), timeout)
			}
		})
	}},
	{"TI-09", "Cancel of a timer that is not set is no error", func(c *Case) {
		c.both(func(manual bool) {
			o := c.timer(manual)
			c.want(c.main.disarm(o), ok)
			c.want(c.main.arm(o, long, 0), ok)
			c.want(c.main.disarm(o), ok)
			c.want(c.main.disarm(o), ok)
			c.want(c.main.try(o), timeout)
			c.check(c.info(o).Due.IsZero(), "a cancelled timer is due")
		})
	}},
	{"TI-11", "Set clears the signal", func(c *Case) {
		c.both(func(manual bool) {
			o := c.fired(manual)
			c.want(c.main.arm(o, long, 0), ok)
			c.check(!c.info(o).Signaled, "signalled after Set")
			c.want(c.main.try(o), timeout)
			c.check(!c.info(o).Due.IsZero(), "not due after Set")
			o = c.fired(manual)
			c.want(c.main.armAt(o, time.Now().Add(long), 0), ok)
			c.want(c.main.try(o), timeout)
		})
	}},
	{"TI-12", "due at once", func(c *Case) {
		c.both(func(manual bool) {
			o := c.timer(manual)
			c.want(c.main.arm(o, 0, 0), ok)
			c.want(c.main.try(o), ok)
			c.want(c.main.arm(o, 0, 0), ok)
			c.check(c.info(o).Signaled, "not signalled after the second Set")
			c.want(c.main.arm(o, 0, 0), ok)
			c.check(c.info(o).Signaled, "not signalled after the third Set")
			c.want(c.main.try(o), ok)
			w := c.thread().block(c.unfired(o))
			c.want(c.main.arm(o, 0, 0), ok)
			c.released(ok, w)
		})
	}},
	{"TI-16", "a time of day that has passed is due at once", func(c *Case) {
		c.both(func(manual bool) {
			for _, at := range []time.Time{time.Unix(1, 0), time.Unix(-1e9, 0), time.Now().Add(-tick)} {
				o := c.timer(manual)
				c.want(c.main.armAt(o, at, 0), ok)
				c.want(c.main.try(o), ok)
			}
		})
	}},
	{"TI-21", "negative times are refused and change nothing", func(c *Case) {
		o := c.timer(false)
		c.want(c.main.arm(o, 0, 0), ok)
		c.want(c.main.arm(o, 1, -1), invalid)
		c.want(c.main.arm(o, -1, 0), invalid)
		c.want(c.main.armAt(o, time.Now(), -1), invalid)
		c.want(c.main.try(o), ok)
		c.want(c.main.arm(o, 30*ms, 0), ok)
		c.want(c.main.arm(o, long, -1), invalid)
		got, _ := c.main.wait(c.limit, o)
		c.want(got, ok)
	}},
	{"TI-24", "closed and nil handles are refused", func(c *Case) {
		h, _ := c.p1.creates(actor.Timer, "", actor.Spec{})
		c.want(c.main.close(h), ok)
		for _, verb := range []actor.Verb{actor.Arm, actor.Disarm, actor.Info, actor.Wait} {
			c.want(c.main.on(verb, h), failed(actor.Closed))
			c.want(c.main.on(verb, null(actor.Timer)), invalid)
		}
		c.want(c.main.armAt(h, time.Now(), 0), failed(actor.Closed))
	}},
	{"TI-27", "the second creator's kind is ignored; names are case-sensitive", func(c *Case) {
		c.both(func(manual bool) {
			o := c.named(actor.Timer, actor.Spec{Manual: manual})
			p2 := c.process()
			h, r := p2.creates(actor.Timer, o.name, actor.Spec{Manual: !manual})
			c.want(outcome(r), ok)
			c.check(r.Existed, "Create of an existing timer does not say so")
			t2 := p2.thread()
			c.check(t2.info(h).ManualReset == manual, "the kind of the timer has changed")
			c.want(c.main.arm(o, 0, 0), ok)
			c.want(t2.try(h), ok)
			c.check(t2.info(h).Signaled == manual, "the timer does not behave as its kind")
			_, r = p2.creates(actor.Timer, "ti"+o.name[2:], actor.Spec{})
			c.want(outcome(r), ok)
			c.check(!r.Existed, "a name in another case is the same timer")
		})
	}},
	{"TI-28", "Open without a name, or of one that is missing", func(c *Case) {
		_, r := c.p1.open(actor.Timer, "")
		c.want(outcome(r), failed(actor.InvalidName))
		_, r = c.p1.open(actor.Timer, c.name())
		c.want(outcome(r), failed(actor.NotExist))
	}},
}

// unfired takes the signal off a timer.
func (c *Case) unfired(o *Object) *Object {
	c.t.Helper()
	c.want(c.main.arm(o, long, 0), ok)
	return o
}
