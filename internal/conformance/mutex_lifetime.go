package conformance

import "github.com/winsys-go/ipc/internal/testproc/actor"

// mutexLifetime: mutexes that end with their last handle.
var mutexLifetime = []entry{
	{"MU-33", "the last handle is closed while the mutex is owned: a new one is free", func(c *Case) {
		name, p := c.name(), c.process()
		h, _ := p.creates(actor.Mutex, name, actor.Spec{})
		t1 := p.thread()
		t1.lock(h)
		c.want(t1.close(h), ok)
		h2, r := c.p1.creates(actor.Mutex, name, actor.Spec{})
		c.want(outcome(r), ok)
		c.check(!r.Existed, "the mutex has survived its last handle")
		i := c.main.info(h2)
		c.check(i.Owner == nil && !i.Abandoned, "the new mutex is not free: %+v", i)
		c.want(c.main.try(h2), ok)
	}},
	{"MU-34", "the thread ends while the last handle is closed", func(c *Case) {
		name := c.name()
		for range 50 {
			p := c.p1
			h, r := p.creates(actor.Mutex, name, actor.Spec{})
			c.want(outcome(r), ok)
			c.check(!r.Existed, "the mutex has survived its last handle")
			t1 := p.thread()
			own := p.opens(&Object{kind: actor.Mutex, name: name})
			t1.lock(own)
			end := actor.Op{Verb: actor.CloseOwner, Owner: t1.owner}
			if c.traits.Handles {
				end = actor.Op{Verb: actor.Close, Handle: own.id}
			} else {
				c.want(t1.close(own), ok)
			}
			ending := t1.rounds(1, end)
			c.want(c.close(p, h), ok)
			h2, r := p.creates(actor.Mutex, name, actor.Spec{})
			c.want(outcome(r), ok)
			got := c.main.try(h2)
			if r.Existed {
				// The thread's own handle was still there.
				c.check(got == ok || got == abandoned() || got == timeout, "a surviving mutex gives %s", got)
			} else {
				c.want(got, ok)
			}
			c.released(ok, ending)
			c.want(c.main.close(h2), ok)
		}
	}},
	{"MU-49", "the owner closes the last handle and lives on: a new mutex is free for others", func(c *Case) {
		name, p := c.name(), c.process()
		h, _ := p.creates(actor.Mutex, name, actor.Spec{})
		t1, t2 := p.thread(), c.main
		t1.lock(h)
		c.want(t1.close(h), ok)
		h2, r := c.p1.creates(actor.Mutex, name, actor.Spec{})
		c.want(outcome(r), ok)
		h1, r := p.open(actor.Mutex, name)
		c.want(outcome(r), ok)
		c.want(t1.unlock(h1), notOwner)
		c.want(t2.try(h2), ok)
		c.want(t1.try(h1), timeout)
		c.want(t2.unlock(h2), ok)
		c.want(t1.try(h1), ok)
	}},
}
