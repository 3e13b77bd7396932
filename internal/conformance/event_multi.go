package conformance

import "github.com/winsys-go/ipc/internal/testproc/actor"

// refs makes operands of objects.
func refs(objects []*Object) []Ref {
	list := make([]Ref, len(objects))
	for i, o := range objects {
		list[i] = o
	}
	return list
}

// eventMulti: events in waits for several objects.
var eventMulti = []entry{
	{"EV-19", "Pulse does not satisfy a wait for all that is half ready", func(c *Case) {
		t1 := c.thread()
		for _, manual := range []bool{false, true} {
			for _, pulsedFirst := range []bool{true, false} {
				e, f := c.event(manual, false), c.event(false, false)
				objects := []Ref{e, f}
				if !pulsedFirst {
					objects = []Ref{f, e}
				}
				w := t1.blockAll(objects...)
				c.want(c.main.pulse(e), ok)
				c.want(c.main.set(f), ok)
				c.blocked(w)
				c.check(c.main.isSet(f), "a blocked wait for all has consumed an event")
				c.want(c.main.set(e), ok)
				c.released(ok, w)
				c.check(c.main.isSet(e) == manual && !c.main.isSet(f), "the wait for all consumed the wrong things")
			}
		}
		// And when the other is set, the pulse does satisfy it.
		e, f := c.event(true, false), c.event(false, true)
		w := t1.blockAll(e, f)
		c.want(c.main.pulse(e), ok)
		c.released(ok, w)
		c.check(!c.main.isSet(e) && !c.main.isSet(f), "an event is set after the pulse")
	}},
	{"EV-20", "a blocked wait for any takes the event that is set, and nothing else", func(c *Case) {
		t1 := c.thread()
		e, s := c.event(false, false), c.semaphore(0, 3)
		w := t1.blockAny(s, e)
		c.want(c.main.set(e), ok)
		c.check(!c.main.isSet(e), "set when Set returns, although somebody waits")
		c.released(okAt(1), w)
		c.check(c.info(s).Count == 0 && c.info(s).Waiters == 0, "the wait has left something in the semaphore: %+v", c.info(s))
		w = t1.blockAny(s, e)
		_, got := c.main.release(s, 2)
		c.want(got, ok)
		c.released(okAt(0), w)
		c.check(c.info(s).Count == 1 && c.info(e).Waiters == 0, "the wait has taken the wrong thing")
	}},
	{"EV-21", "an event that a blocked wait for all needs can be taken by others", func(c *Case) {
		e, f := c.event(false, false), c.event(false, false)
		t1, t2 := c.thread(), c.thread()
		w := t1.blockAll(e, f)
		c.want(c.main.set(e), ok)
		c.blocked(w)
		c.check(c.main.isSet(e), "a blocked wait for all has consumed an event")
		c.want(t2.try(e), ok)
		c.want(c.main.set(f), ok)
		c.blocked(w)
		c.want(t2.try(e), timeout)
		c.want(c.main.set(e), ok)
		c.released(ok, w)
		c.check(!c.main.isSet(e) && !c.main.isSet(f), "the wait for all has not consumed both")
	}},
	{"EV-28", "any of ten", func(c *Case) {
		es := c.events(10, false, false)
		for _, i := range []int{5, 0, 9} {
			c.want(c.main.set(es[i]), ok)
			c.want(c.main.any(0, refs(es)...), okAt(i))
			c.want(c.main.any(0, refs(es)...), timeout)
		}
		w := c.thread().blockAny(refs(es)...)
		c.want(c.main.set(es[5]), ok)
		c.released(okAt(5), w)
	}},
	{"EV-29", "all of ten, set one at a time", func(c *Case) {
		es, t1 := c.events(10, false, false), c.thread()
		w := t1.blockAll(refs(es)...)
		for i, e := range es {
			c.check(!w.call.Ended(), "the wait for all has ended with %d of 10 events", i)
			if i == len(es)-1 {
				c.blocked(w)
			}
			c.want(c.main.set(e), ok)
		}
		c.released(ok, w)
		c.want(t1.all(0, refs(es)...), timeout)
		for i, e := range es {
			c.check(!c.main.isSet(e), "event %d was not consumed", i)
		}
	}},
	{"EV-x1", "one Pulse of an auto-reset event satisfies one of a wait for any and a wait", func(c *Case) {
		e, f := c.event(false, false), c.event(false, false)
		w1 := c.thread().blockAny(f, e)
		w2 := c.thread().block(e)
		c.want(c.main.on(actor.Pulse, e), ok)
		c.eventually("one of them ended", func() bool { return w1.call.Ended() || w2.call.Ended() })
		c.check(!w1.call.Ended() || !w2.call.Ended(), "one Pulse released two")
		c.want(c.main.pulse(e), ok)
		c.released(okAt(1), w1)
		c.released(ok, w2)
	}},
}
