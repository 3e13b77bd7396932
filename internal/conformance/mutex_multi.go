package conformance

import "github.com/winsys-go/ipc/internal/testproc/actor"

// abandon makes a mutex whose owner has ended.
func (c *Case) abandon() *Object {
	c.t.Helper()
	m, t := c.mutex(), c.thread()
	t.lock(m)
	t.end()
	return m
}

// mutexMulti: mutexes in waits for several objects.
var mutexMulti = []entry{
	{"MU-35", "any: the index of an abandoned mutex, added to 0x80", func(c *Case) {
		e := c.event(false, false)
		m, t := c.abandon(), c.thread()
		c.want(t.any(0, e, m), abandoned(1))
		c.want(t.unlock(m), ok)
		c.want(t.any(0, e, m), okAt(1))
		m = c.abandon()
		got := t.any(forever, m, e)
		c.want(got, abandoned(0))
	}},
	{"MU-36", "any: a lower index that is signalled wins and leaves the mutex abandoned", func(c *Case) {
		for range 2 {
			e, m, t := c.event(false, true), c.abandon(), c.thread()
			c.want(t.any(0, e, m), okAt(0))
			c.check(c.info(m).Abandoned, "the mutex is no longer abandoned")
			c.want(t.try(m), abandoned())
		}
	}},
	{"MU-37", "any of two abandoned mutexes takes the first only", func(c *Case) {
		m1, m2, t := c.abandon(), c.abandon(), c.thread()
		c.want(t.any(0, m1, m2), abandoned(0))
		c.check(c.info(m2).Owner == nil, "the second mutex was taken as well")
		c.want(t.any(0, m2), abandoned(0))
	}},
	{"MU-38", "all: acquires everything and tells which were abandoned", func(c *Case) {
		e, n, t, t2 := c.event(false, true), c.mutex(), c.thread(), c.thread()
		m := c.abandon()
		c.want(t.all(0, e, n, m), abandoned(2))
		c.check(!c.main.isSet(e), "the event was not consumed")
		for _, o := range []*Object{n, m} {
			c.want(t2.try(o), timeout)
			c.want(t.unlock(o), ok)
			c.want(t.unlock(o), notOwner)
			c.want(t2.try(o), ok)
		}
		m1, m2 := c.abandon(), c.abandon()
		c.want(t.all(forever, m1, m2), abandoned(0, 1))
	}},
	{"MU-39", "all: one that fails leaves the mutex free and abandoned", func(c *Case) {
		e, t := c.event(false, false), c.thread()
		m := c.abandon()
		c.want(t.all(0, m, e), timeout)
		c.want(t.all(grace, m, e), timeout)
		i := c.info(m)
		c.check(i.Abandoned && i.Owner == nil && i.Waiters == 0, "after the failed wait: %+v", i)
		c.want(c.main.set(e), ok)
		c.want(t.all(0, m, e), abandoned(0))
		c.want(t.unlock(m), ok)
	}},
	{"MU-40", "all: the owner dies during the wait", func(c *Case) {
		t2 := c.thread()
		c.deaths(func(t1 *Thread, die func()) {
			m, e := c.named(actor.Mutex, actor.Spec{}), c.named(actor.Event, actor.Spec{Set: true})
			t1.lock(m)
			w := t2.blockAll(e, m)
			c.blocked(w)
			die()
			c.released(abandoned(1), w)
			c.check(!c.main.isSet(e), "the event was not consumed")
			c.want(t2.unlock(m), ok)
		})
	}},
	{"MU-42", "all of four free mutexes", func(c *Case) {
		var ms []*Object
		for range 4 {
			ms = append(ms, c.mutex())
		}
		t, t2 := c.thread(), c.thread()
		c.want(t.all(0, refs(ms)...), ok)
		for _, m := range ms {
			c.want(t2.try(m), timeout)
		}
		for _, m := range ms {
			c.want(t.unlock(m), ok)
		}
		for _, m := range ms {
			c.want(t.unlock(m), notOwner)
		}
		// With one of them taken, all or nothing.
		t2.lock(ms[2])
		c.want(t.all(0, refs(ms)...), timeout)
		w := t.blockAll(refs(ms)...)
		c.blocked(w)
		for _, m := range []*Object{ms[0], ms[1], ms[3]} {
			c.check(c.info(m).Owner == nil, "a blocked wait for all holds a mutex")
		}
		c.want(t2.unlock(ms[2]), ok)
		c.released(ok, w)
	}},
	{"MU-43", "all: a mutex of one's own counts as signalled, and once more", func(c *Case) {
		c.needRecursion()
		m0, m1, m2, t := c.mutex(), c.mutex(), c.mutex(), c.thread()
		t.lock(m1)
		c.want(t.all(0, m0, m1, m2), ok)
		c.want(t.unlock(m1), ok)
		c.want(t.unlock(m1), ok)
		c.want(t.unlock(m1), notOwner)
		c.want(t.unlock(m0), ok)
		c.want(t.unlock(m2), ok)
		t.lock(m1)
		c.want(t.any(0, m1, m0), okAt(0))
		c.check(c.info(m0).Owner == nil, "a wait for any took two")
	}},
	{"MU-x4", "all over mutexes in opposite orders does not deadlock", func(c *Case) {
		m1, m2 := c.mutex(), c.mutex()
		var pending []*Pending
		for i, t := range c.threads(4) {
			pair := []Ref{m1, m2}
			if i%2 == 1 {
				pair = []Ref{m2, m1}
			}
			ops := []actor.Op{t.manyOp(actor.All, forever, pair)}
			for _, m := range []*Object{m1, m2} {
				ops = append(ops, actor.Op{Verb: actor.Unlock, Handle: m.handle(t), Owner: t.owner})
			}
			pending = append(pending, t.rounds(500, ops...))
		}
		c.released(ok, pending...)
		c.want(c.main.all(0, m1, m2), ok)
	}},
}
