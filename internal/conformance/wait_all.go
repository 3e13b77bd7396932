package conformance

import (
	"time"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// states compares which events are set.
func (c *Case) states(es []*Object, want ...bool) {
	c.t.Helper()
	for i, e := range es {
		c.check(c.main.isSet(e) == want[i], "event %d: set is %v", i, !want[i])
	}
}

// waitAll: waits for all of several objects.
var waitAll = []entry{
	{"WA-16", "the same handle twice is refused, signalled or not", func(c *Case) {
		for _, kind := range actor.Kinds {
			o := c.create(kind, actor.Spec{Manual: true, Set: true, Initial: 2, Max: 2})
			other := c.event(true, true)
			for _, d := range []time.Duration{0, time.Second, forever} {
				c.want(c.main.all(d, o, o), invalid)
				c.want(c.main.all(d, o, other, o), invalid)
			}
			i := c.info(o)
			c.check(i.Waiters == 0 && i.Count%2 == 0 && i.Owner == nil, "the refused wait has left something: %+v", i)
		}
		e := c.event(false, true)
		c.want(c.main.all(0, e, e), invalid)
		c.check(c.main.isSet(e), "the event was consumed")
		c.want(c.main.reset(e), ok)
		c.want(c.main.all(forever, e, e), invalid)
	}},
	{"WA-17", "… and two handles to the same object as well", func(c *Case) {
		for _, kind := range actor.Kinds {
			o := c.named(kind, actor.Spec{Manual: true, Set: true, Initial: 2, Max: 2})
			p := c.process()
			h1, h2, t := p.opens(o), p.opens(o), p.thread()
			for _, d := range []time.Duration{0, forever} {
				c.want(t.all(d, h1, h2), invalid)
				c.want(t.all(d, h2, h1), invalid)
			}
			i := c.info(o)
			c.check(i.Waiters == 0 && i.Count%2 == 0 && i.Owner == nil, "the refused wait has left something: %+v", i)
		}
	}},
	{"WA-18", "one that fails consumes nothing", func(c *Case) {
		for unset := range 3 {
			es := c.events(3, false, true)
			c.want(c.main.reset(es[unset]), ok)
			c.want(c.main.all(0, refs(es)...), timeout)
			for i, e := range es {
				if i == unset {
					c.want(c.main.try(e), timeout)
				} else {
					c.want(c.main.try(e), ok)
				}
			}
		}
	}},
	{"WA-19", "one that succeeds consumes everything, once", func(c *Case) {
		es := c.events(3, false, true)
		c.want(c.main.all(0, refs(es)...), ok)
		for _, e := range es {
			c.want(c.main.try(e), timeout)
		}
	}},
	{"WA-20", "others may take what a blocked wait for all needs", func(c *Case) {
		t1, t2 := c.thread(), c.thread()
		es := c.events(3, false, false)
		w := t1.blockAll(refs(es)...)
		for _, taken := range []int{0, 1} {
			c.want(c.main.set(es[taken]), ok)
			c.want(t2.try(es[taken]), ok)
		}
		// Somebody who waits for one of them as well is behind it in the
		// queue, and gets it since it alone is not enough.
		w2 := t2.block(es[0])
		c.want(c.main.set(es[0]), ok)
		c.released(ok, w2)
		c.want(c.main.set(es[1]), ok)
		c.want(c.main.set(es[2]), ok)
		c.blocked(w)
		c.states(es, false, true, true)
		c.want(c.main.set(es[0]), ok)
		c.released(ok, w)
		c.states(es, false, false, false)
	}},
	{"WA-21", "four kinds at once; each partial step leaves it blocked", func(c *Case) {
		s, m := c.semaphore(0, 3), c.mutex()
		manual, auto := c.event(true, true), c.event(false, true)
		t1, t2, t3 := c.thread(), c.thread(), c.thread()
		t2.lock(m)
		w := t1.blockAll(s, m, manual, auto)
		c.main.post(s, 1, 0)
		c.blocked(w)
		c.check(c.info(s).Count == 1, "the semaphore has lost its permit")
		c.want(c.main.reset(auto), ok)
		c.want(t2.unlock(m), ok)
		c.blocked(w)
		c.want(t3.try(m), ok) // free, and takeable by others
		c.want(c.main.set(auto), ok)
		c.blocked(w)
		c.want(c.main.try(auto), ok) // and so is the event
		c.want(t3.unlock(m), ok)
		c.blocked(w)
		c.check(c.info(s).Count == 1 && c.info(m).Owner == nil && c.main.isSet(manual), "a blocked wait for all holds something")
		c.want(c.main.set(auto), ok)
		c.released(ok, w)
		c.check(c.info(s).Count == 0 && c.main.isSet(manual) && !c.main.isSet(auto), "the wait for all consumed the wrong things")
		c.want(t3.try(m), timeout)
		c.want(t1.unlock(m), ok)
		c.want(t1.unlock(m), notOwner)
	}},
	{"WA-22", "one that times out consumes nothing", func(c *Case) {
		es, t := c.events(2, false, false), c.thread()
		c.want(c.main.set(es[1]), ok)
		start := time.Now()
		c.want(t.all(100*ms, refs(es)...), timeout)
		c.took(time.Since(start), 100*ms)
		c.states(es, false, true)
		c.check(c.info(es[1]).Waiters == 0, "a waiter is left")
	}},
	{"WA-24", "two waits for all of the same: one at a time", func(c *Case) {
		es, ts := c.events(2, false, false), c.threads(2)
		rest := []*Pending{ts[0].blockAll(refs(es)...), ts[1].blockAll(refs(es)...)}
		for len(rest) > 0 {
			for i := range es {
				c.check(!rest[0].call.Ended(), "a wait for all has ended with %d of 2", i)
				c.want(c.main.set(es[(i+len(rest))%2]), ok)
			}
			_, rest = c.oneReleased(ok, rest)
			c.states(es, false, false)
		}
	}},
	{"WA-x7", "waits for any and for all of the same objects", func(c *Case) {
		es, ts := c.events(2, false, false), c.threads(3)
		all := ts[0].blockAll(refs(es)...)
		any1 := ts[1].blockAny(es[0], es[1])
		any2 := ts[2].blockAny(es[1], es[0])
		c.want(c.main.set(es[0]), ok) // not enough for the first, but for the second
		c.released(okAt(0), any1)
		c.want(c.main.set(es[0]), ok)
		c.released(okAt(1), any2)
		c.blocked(all)
		c.states(es, false, false)
		c.want(c.main.set(es[1]), ok)
		c.want(c.main.set(es[0]), ok)
		c.released(ok, all)
		c.states(es, false, false)
	}},
	{"WA-25", "two waits for all in opposite orders, many rounds", func(c *Case) {
		n := many(10_000)
		a, b, ack := c.event(false, false), c.event(false, false), c.event(false, false)
		var loops []*Pending
		for _, pair := range [][]Ref{{a, b}, {b, a}} {
			t := c.thread()
			loops = append(loops, t.rounds(actor.Forever, t.manyOp(actor.All, forever, pair), t.say(ack)))
		}
		t := c.main
		c.released(ok, t.rounds(n, t.say(a), t.say(b), t.waitOp(forever, ack)))
		sum := 0
		for _, l := range loops {
			l.call.Cancel()
			sum += l.result().N
		}
		c.check(sum == n, "%d waits were released by %d pairs", sum, n)
		c.states([]*Object{a, b, ack}, false, false, false)
	}},
}
