package conformance

import "github.com/winsys-go/ipc/internal/testproc/actor"

// semaphoreWaiters: semaphores that several wait for.
var semaphoreWaiters = []entry{
	{"SE-14", "a permit goes to who waits, not to who comes", func(c *Case) {
		s := c.semaphore(0, 3)
		w := c.thread().block(s)
		c.main.post(s, 1, 0)
		c.want(c.main.try(s), timeout)
		c.released(ok, w)
		c.check(c.info(s).Count == 0, "the count is %d, want 0", c.info(s).Count)
	}},
	{"SE-15", "each permit releases one", func(c *Case) {
		s, ts := c.semaphore(0, 3), c.threads(4)
		rest := c.allBlock(ts[:2], s)
		c.main.post(s, 1, 0)
		_, rest = c.oneReleased(ok, rest)
		c.main.post(s, 1, 0)
		c.released(ok, rest...)
		// Three at once, for four.
		rest = c.allBlock(ts, s)
		c.main.post(s, 3, 0)
		c.eventually("one waiter is left", func() bool { return c.info(s).Waiters == 1 })
		c.check(c.info(s).Count == 0, "the count is %d, want 0", c.info(s).Count)
		c.main.post(s, 3, 0)
		c.released(ok, rest...)
		c.check(c.info(s).Count == 2, "the count is %d, want 2", c.info(s).Count)
	}},
	{"SE-17", "the maximum does not take those who wait into account", func(c *Case) {
		s := c.semaphore(0, 1)
		waits := c.allBlock(c.threads(2), s)
		c.main.refusePost(s, 2, tooMany)
		c.blocked(waits...)
		c.main.post(s, 1, 0)
		_, rest := c.oneReleased(ok, waits)
		c.main.post(s, 1, 0)
		c.released(ok, rest...)
	}},
	{"SE-26", "producer and consumer with two semaphores", func(c *Case) {
		const slots, items = 5, 300
		for _, apart := range []bool{false, true} {
			empty := c.named(actor.Semaphore, actor.Spec{Initial: slots, Max: slots})
			full := c.named(actor.Semaphore, actor.Spec{Max: slots})
			producer, consumer, file := c.process().thread(), c.thread(), c.file()
			if !apart && !c.traits.Spread {
				producer = c.main
			}
			take := consumer.rounds(items,
				consumer.waitOp(forever, full),
				actor.Op{Verb: actor.Get, File: file, N: slots},
				actor.Op{Verb: actor.Release, Handle: empty.handle(consumer), N: 1})
			give := producer.rounds(items,
				producer.waitOp(forever, empty),
				actor.Op{Verb: actor.Put, File: file, N: slots},
				actor.Op{Verb: actor.Release, Handle: full.handle(producer), N: 1})
			c.released(ok, give, take)
			c.check(c.info(empty).Count == slots && c.info(full).Count == 0, "permits are missing")
		}
	}},
	{"SE-x1", "with ReclaimOnExit the permits of the dead come back", func(c *Case) {
		s := c.named(actor.Semaphore, actor.Spec{Initial: 2, Max: 2, Reclaim: true})
		t2 := c.thread()
		for _, kill := range []bool{false, true} {
			p := c.process()
			t1 := p.thread()
			c.want(t1.try(s), ok)
			c.want(t1.try(s), ok)
			w := t2.block(s)
			if kill {
				p.kill()
			} else {
				p.exit()
			}
			c.released(ok, w)
			c.eventually("both permits are back", func() bool { return c.info(s).Count == 1 })
			t2.post(s, 1, 1)
		}
	}},
}
