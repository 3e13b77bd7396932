package conformance

import (
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// allBlock begins a wait for o in each of some threads, one after the other.
func (c *Case) allBlock(threads []*Thread, o Ref) []*Pending {
	c.t.Helper()
	pending := make([]*Pending, len(threads))
	for i, t := range threads {
		pending[i] = t.block(o)
	}
	return pending
}

// straight does operations of one thread without a pause between them.
func (t *Thread) straight(o Ref, verbs ...actor.Verb) {
	t.c.t.Helper()
	op := actor.Op{Verb: actor.Batch}
	for _, v := range verbs {
		op.Ops = append(op.Ops, actor.Op{Verb: v, Handle: o.handle(t), Owner: t.owner, N: 1})
	}
	t.must(op)
}

// eventWaiters: events that several wait for.
var eventWaiters = []entry{
	{"EV-08", "manual: Set and Reset at once release everybody who waits", func(c *Case) {
		setter := c.thread()
		for n, ts := range [][]*Thread{c.threads(1), c.threads(5)} {
			for range 3 {
				e := c.event(true, false)
				waits := c.allBlock(ts, e)
				setter.straight(e, actor.Set, actor.Reset)
				c.released(ok, waits...)
				c.want(c.main.try(e), timeout)
				c.check(c.info(e).Waiters == 0, "waiters are left in round %d", n)
			}
		}
	}},
	{"EV-x2", "manual: a Set releases everybody who waits, and whoever comes until Reset", func(c *Case) {
		e, ts := c.event(true, false), c.threads(3)
		waits := c.allBlock(ts, e)
		c.want(c.main.set(e), ok)
		c.released(ok, waits...)
		for _, t := range ts {
			got, _ := t.wait(forever, e)
			c.want(got, ok)
		}
		c.want(c.main.reset(e), ok)
		c.blocked(c.allBlock(ts, e)...)
	}},
	{"EV-10", "auto: one Set releases exactly one of five", func(c *Case) {
		e := c.event(false, false)
		waits := c.allBlock(c.threads(5), e)
		c.want(c.main.set(e), ok)
		_, rest := c.oneReleased(ok, waits)
		for len(rest) > 0 {
			c.check(!c.main.isSet(e), "the event is set while others wait")
			c.check(c.info(e).Waiters == len(rest), "%d waiters, want %d", c.info(e).Waiters, len(rest))
			c.want(c.main.set(e), ok)
			_, rest = c.oneReleased(ok, rest)
		}
		c.check(!c.main.isSet(e), "the event is set after the last")
	}},
	{"EV-11", "auto: two Sets at once release two waiters", func(c *Case) {
		ts, setter := c.threads(4), c.thread()
		for n := 2; n <= len(ts); n++ {
			e := c.event(false, false)
			waits := c.allBlock(ts[:n], e)
			sets := make([]actor.Verb, n)
			for i := range sets {
				sets[i] = actor.Set
			}
			setter.straight(e, sets...)
			c.released(ok, waits...)
			c.check(!c.main.isSet(e), "the event is set after %d Sets for %d waiters", n, n)
		}
	}},
	{"EV-12", "auto: two Sets with one waiter release it and leave the event set", func(c *Case) {
		e, t := c.event(false, false), c.thread()
		w := t.block(e)
		c.thread().straight(e, actor.Set, actor.Set)
		c.released(ok, w)
		c.check(c.main.isSet(e), "the event is unset: the second Set was lost")
		c.want(c.main.try(e), ok)
		c.want(c.main.try(e), timeout)
	}},
	{"EV-13", "auto: waiters are released in the order of their queue", func(c *Case) {
		e := c.event(false, false)
		rest := c.allBlock(c.threads(5), e)
		for len(rest) > 0 {
			first := rest[0]
			c.want(c.main.set(e), ok)
			var which *Pending
			which, rest = c.oneReleased(ok, rest)
			if which != first {
				c.t.Log("not in order, which Windows does not promise either")
			}
		}
	}},
	{"EV-16", "manual: Pulse releases everybody who waits and nobody later", func(c *Case) {
		e := c.event(true, false)
		waits := c.allBlock(c.threads(5), e)
		t6 := c.thread()
		c.want(c.main.pulse(e), ok)
		c.want(t6.try(e), timeout)
		c.released(ok, waits...)
		c.check(!c.main.isSet(e), "set after Pulse")
	}},
	{"EV-17", "auto: each Pulse releases exactly one", func(c *Case) {
		e := c.event(false, false)
		rest := c.allBlock(c.threads(5), e)
		for len(rest) > 0 {
			c.want(c.main.pulse(e), ok)
			_, rest = c.oneReleased(ok, rest)
			c.check(!c.main.isSet(e), "set after Pulse")
		}
		c.want(c.main.pulse(e), ok)
		c.want(c.main.try(e), timeout)
	}},
	{"EV-23", "ten rounds of ping-pong between two processes", func(c *Case) {
		c.both(func(manual bool) {
			spec := actor.Spec{Manual: manual}
			a, b := c.named(actor.Event, spec), c.named(actor.Event, spec)
			t1, t2 := c.main, c.process().thread()
			p2 := t2.rounds(10, append(t2.hear(a, manual), t2.say(b))...)
			p1 := t1.rounds(10, append([]actor.Op{t1.say(a)}, t1.hear(b, manual)...)...)
			for _, p := range []*Pending{p1, p2} {
				r := p.result()
				c.want(outcome(r), ok)
				c.check(r.N == 10 && r.Waits == 10, "%d rounds, %d waits", r.N, r.Waits)
			}
			c.check(!t1.isSet(a) && !t1.isSet(b), "the rounds did not alternate")
		})
	}},
}

// say is the operation that sets an event.
func (t *Thread) say(o Ref) actor.Op { return actor.Op{Verb: actor.Set, Handle: o.handle(t)} }

// hear are those that wait for an event and consume it.
func (t *Thread) hear(o Ref, manual bool) []actor.Op {
	ops := []actor.Op{t.waitOp(t.c.limit, o)}
	if manual {
		ops = append(ops, actor.Op{Verb: actor.Reset, Handle: o.handle(t)})
	}
	return ops
}

// rounds does some operations again and again.
func (t *Thread) rounds(n int, ops ...actor.Op) *Pending {
	return t.start(actor.Op{Verb: actor.Batch, N: n, Ops: ops})
}
