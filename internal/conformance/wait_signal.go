package conformance

import "github.com/winsys-go/ipc/internal/testproc/actor"

// waitSignal: signal and wait in one step.
var waitSignal = []entry{
	{"WA-33", "a nil or closed handle on either side has no effect on the other", func(c *Case) {
		e, f := c.event(false, false), c.event(false, true)
		closed, _ := c.p1.creates(actor.Event, "", actor.Spec{})
		c.want(c.main.close(closed), ok)
		for bad, want := range map[Ref]Outcome{null(""): invalid, null(actor.Event): invalid, closed: failed(actor.Closed)} {
			c.want(c.main.signalAndWait(0, e, bad), want)
			c.want(c.main.signalAndWait(forever, e, bad), want)
			c.check(!c.main.isSet(e), "the event was set although the wait is invalid")
			c.want(c.main.signalAndWait(0, bad, f), want)
			c.want(c.main.signalAndWait(forever, bad, f), want)
			c.check(c.main.isSet(f), "the event was consumed although the signal is invalid")
		}
		// A timer is not signalled by anybody.
		c.want(c.main.signalAndWait(0, c.timer(false), f), invalid)
		c.check(c.main.isSet(f), "the event was consumed although the signal is invalid")
	}},
	{"WA-34", "the signal stays when the wait times out", func(c *Case) {
		e, f := c.event(false, false), c.event(false, false)
		c.want(c.main.signalAndWait(50*ms, e, f), timeout)
		c.states([]*Object{e, f}, true, false)
		c.want(c.main.signalAndWait(0, e, f), timeout)
		c.states([]*Object{e, f}, true, false)
		s := c.semaphore(0, 2)
		c.want(c.main.signalAndWait(0, s, f), timeout)
		c.check(c.info(s).Count == 1, "the permit was not released")
		// It succeeds when both is possible, also on one and the same object.
		c.want(c.main.set(f), ok)
		c.want(c.main.signalAndWait(0, s, f), ok)
		c.want(c.main.reset(e), ok)
		c.want(c.main.signalAndWait(0, e, e), ok)
		c.states([]*Object{e, f}, false, false)
	}},
	{"WA-36", "a mutex of somebody else: nothing is signalled or waited for", func(c *Case) {
		m, f, t1 := c.mutex(), c.event(false, true), c.thread()
		c.want(t1.signalAndWait(0, m, f), notOwner)
		c.main.lock(m)
		c.want(t1.signalAndWait(0, m, f), notOwner)
		c.want(t1.signalAndWait(forever, m, f), notOwner)
		c.check(c.main.isSet(f), "the event was consumed")
		c.check(c.info(m).Owner != nil, "the mutex was released")
	}},
	{"WA-37", "a mutex of one's own is released", func(c *Case) {
		m, f, t1, t2 := c.mutex(), c.event(false, true), c.thread(), c.thread()
		t1.lock(m)
		c.want(t1.signalAndWait(0, m, f), ok)
		c.check(!c.main.isSet(f), "the event was not consumed")
		c.want(t2.try(m), ok)
		c.want(t2.unlock(m), ok)
		// Whoever waits for the mutex gets it while this one waits.
		t1.lock(m)
		w := t2.block(m)
		w1 := t1.queue(t1.manyOp(actor.SignalWait, forever, []Ref{m, f}), f)
		c.released(ok, w)
		c.blocked(w1)
		c.want(t2.unlock(m), ok)
		c.want(c.main.set(f), ok)
		c.released(ok, w1)
	}},
	{"WA-39", "waiting for an abandoned mutex", func(c *Case) {
		e, t1, t2 := c.event(false, false), c.thread(), c.thread()
		m := c.abandon()
		c.want(t1.signalAndWait(0, e, m), abandoned())
		c.check(c.main.isSet(e), "the event was not set")
		c.want(t2.try(m), timeout)
		c.want(t1.unlock(m), ok)
		c.want(t1.unlock(m), notOwner)
	}},
	{"WA-x4", "a full semaphore: nothing is signalled or waited for", func(c *Case) {
		s, f := c.semaphore(2, 2), c.event(false, true)
		c.want(c.main.signalAndWait(0, s, f), tooMany)
		c.want(c.main.signalAndWait(forever, s, f), tooMany)
		c.check(c.main.isSet(f) && c.info(s).Count == 2, "something was changed")
	}},
	{"WA-x5", "whoever answers the signal finds the wait in its place", func(c *Case) {
		// The answer is a pulse, which would be lost on anybody who is late.
		n := many(500)
		ping, pong := c.event(false, false), c.event(false, false)
		t1, t2 := c.thread(), c.thread()
		answer := t2.rounds(n, t2.waitOp(forever, ping), actor.Op{Verb: actor.Pulse, Handle: pong.handle(t2)})
		ask := t1.rounds(n, t1.manyOp(actor.SignalWait, forever, []Ref{ping, pong}))
		c.released(ok, ask, answer)
	}},
}
