package conformance

import "github.com/winsys-go/ipc/internal/testproc/actor"

// maxWait is MAXIMUM_WAIT_OBJECTS.
const maxWait = 64

// waitAny: waits for any of several objects.
var waitAny = []entry{
	{"WA-06", "any of 64 that are set: the lowest wins", func(c *Case) {
		es := c.events(maxWait, true, true)
		for i, e := range es {
			c.want(c.main.any(0, refs(es)...), okAt(i))
			c.want(c.main.any(forever, refs(es)...), okAt(i))
			c.want(c.main.reset(e), ok)
		}
		c.want(c.main.any(0, refs(es)...), timeout)
		c.want(c.main.set(es[63]), ok)
		c.want(c.main.set(es[17]), ok)
		c.want(c.main.any(0, refs(es)...), okAt(17))
	}},
	{"WA-07", "any of 64 auto-reset events: one is consumed per wait", func(c *Case) {
		es := c.events(maxWait, false, true)
		for i := range es {
			c.want(c.main.any(0, refs(es)...), okAt(i))
			if i+1 < len(es) {
				c.check(c.main.isSet(es[i+1]), "a wait consumed two")
			}
		}
		c.want(c.main.any(0, refs(es)...), timeout)
	}},
	{"WA-09", "none, or more than 64, are refused", func(c *Case) {
		e := c.event(true, true)
		many := make([]Ref, maxWait+1)
		for i := range many {
			many[i] = e
		}
		for _, objects := range [][]Ref{nil, many} {
			c.want(c.main.any(0, objects...), invalid)
			c.want(c.main.all(0, objects...), invalid)
			c.want(c.main.any(forever, objects...), invalid)
			c.want(c.main.all(forever, objects...), invalid)
		}
		c.want(c.main.any(0, many[:maxWait]...), ok)
	}},
	{"WA-10", "64 objects, any and all", func(c *Case) {
		es := c.events(maxWait, false, false)
		t1 := c.thread()
		w := t1.blockAny(refs(es)...)
		c.want(c.main.set(es[63]), ok)
		c.released(okAt(63), w)
		w = t1.blockAll(refs(es)...)
		for _, e := range es {
			c.check(!w.call.Ended(), "the wait for all has ended early")
			c.want(c.main.set(e), ok)
		}
		c.released(ok, w)
		for _, e := range es {
			c.check(!c.main.isSet(e), "an event was not consumed")
			c.want(c.main.set(e), ok)
		}
		c.want(c.main.all(0, refs(es)...), ok)
		c.want(c.main.any(0, refs(es)...), timeout)
	}},
	{"WA-12", "a manual-reset and an auto-reset event", func(c *Case) {
		m0, a1 := c.event(true, true), c.event(false, true)
		c.want(c.main.any(0, m0, a1), okAt(0))
		c.check(c.main.isSet(a1), "the second event was consumed as well")
		c.want(c.main.reset(m0), ok)
		c.want(c.main.any(0, m0, a1), okAt(1))
		c.want(c.main.any(0, m0, a1), timeout)
	}},
	{"WA-13", "an auto-reset and a manual-reset event", func(c *Case) {
		a0, m1 := c.event(false, true), c.event(true, true)
		c.want(c.main.any(0, a0, m1), okAt(0))
		c.want(c.main.any(0, a0, m1), okAt(1))
		c.want(c.main.any(0, a0, m1), okAt(1))
	}},
	{"WA-15", "the same object twice: the first place counts, once", func(c *Case) {
		e := c.event(false, true)
		c.want(c.main.any(0, e, e), okAt(0))
		c.want(c.main.any(0, e, e), timeout)
		f, t1 := c.event(false, false), c.thread()
		for range 2 {
			w := t1.blockAny(f, e, e, f, e)
			c.want(c.main.set(e), ok)
			c.released(okAt(1), w)
			c.check(!c.main.isSet(e) && c.info(e).Waiters == 0, "the wait has left something behind")
		}
		// Through two handles as well.
		o := c.named(actor.Event, actor.Spec{})
		p := c.process()
		h1, h2, t := p.opens(o), p.opens(o), p.thread()
		w := t.blockAny(h1, h2)
		c.want(t.set(h2), ok)
		c.released(okAt(0), w)
		c.check(!t.isSet(h1), "the event was not consumed")
	}},
	{"WA-27", "one bad handle: nothing is consumed, whatever the order", func(c *Case) {
		e := c.event(false, true)
		bad, _ := c.p1.creates(actor.Event, "", actor.Spec{Set: true})
		c.want(c.main.close(bad), ok)
		for ref, want := range map[Ref]Outcome{bad: failed(actor.Closed), null(actor.Event): invalid, null(""): invalid} {
			for _, objects := range [][]Ref{{e, ref}, {ref, e}} {
				c.want(c.main.any(0, objects...), want)
				c.want(c.main.all(0, objects...), want)
				c.want(c.main.any(forever, objects...), want)
				c.want(c.main.all(forever, objects...), want)
			}
			c.check(c.main.isSet(e), "the event was consumed")
		}
	}},
	{"WA-x3", "a wait for any leaves the other objects' queues", func(c *Case) {
		t1, t2 := c.thread(), c.thread()
		a, b := c.event(false, false), c.semaphore(0, 1)
		w1 := t1.blockAny(a, b)
		w2 := t2.block(b)
		c.want(c.main.set(a), ok)
		c.released(okAt(0), w1)
		c.check(c.info(b).Waiters == 1, "%d waiters, want 1", c.info(b).Waiters)
		c.main.post(b, 1, 0)
		c.released(ok, w2)
	}},
}
