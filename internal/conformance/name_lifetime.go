package conformance

import "github.com/winsys-go/ipc/internal/testproc/actor"

// gone asserts that no object has a name.
func (c *Case) gone(p *Process, kind, name string) {
	c.t.Helper()
	_, r := p.open(kind, name)
	c.want(outcome(r), notExist)
}

// nameLifetime: an object is gone with its last handle.
var nameLifetime = []entry{
	{"NA-13", "the object lives as long as any handle to it", func(c *Case) {
		p2, p3 := c.process(), c.process()
		for _, kind := range actor.Kinds {
			name := c.name()
			h1 := c.p1.new(kind, name)
			h2, r := p2.open(kind, name)
			c.want(outcome(r), ok)
			c.want(c.close(c.p1, h1), ok)
			h3, r := p3.open(kind, name)
			c.want(outcome(r), ok)
			c.want(c.close(p3, h3), ok)
			c.want(c.close(p2, h2), ok)
			c.gone(p3, kind, name)
			c.gone(c.p1, kind, name)
			// And so within one process.
			h1 = c.p1.new(kind, name)
			h2, r = c.p1.open(kind, name)
			c.want(outcome(r), ok)
			c.want(c.close(c.p1, h1), ok)
			c.want(c.close(c.p1, h1), ok) // not a second time
			h3, r = c.p1.open(kind, name)
			c.want(outcome(r), ok)
			c.want(c.close(c.p1, h2), ok)
			c.want(c.close(c.p1, h3), ok)
			c.gone(c.p1, kind, name)
		}
	}},
	{"NA-15", "the object lives as long as any process that has it open", func(c *Case) {
		p3 := c.process()
		for _, kind := range actor.Kinds {
			for _, end := range []func(*Process){(*Process).exit, (*Process).kill} {
				name := c.name()
				p1, p2 := c.process(), c.process()
				p1.new(kind, name)
				_, r := p2.open(kind, name)
				c.want(outcome(r), ok)
				end(p1)
				h3, r := p3.open(kind, name)
				c.want(outcome(r), ok)
				c.want(c.close(p3, h3), ok)
				end(p2)
				c.gone(p3, kind, name)
			}
		}
	}},
	{"NA-16", "nothing is left of a process that was killed", func(c *Case) {
		p2 := c.process()
		for _, kind := range actor.Kinds {
			name, p1 := c.name(), c.process()
			p1.new(kind, name)
			p1.new(kind, "")
			p1.kill()
			c.gone(p2, kind, name)
			h := p2.new(kind, name)
			c.want(c.close(p2, h), ok)
		}
		// The first who looks may be one who creates.
		for _, kind := range actor.Kinds {
			name, p1 := c.name(), c.process()
			p1.new(kind, name)
			p1.kill()
			p2.new(kind, name)
		}
	}},
	{"NA-x3", "the new object of a name does not remember the old one", func(c *Case) {
		name := c.name()
		h1, _ := c.p1.creates(actor.Event, name, actor.Spec{Manual: true, Set: true})
		c.want(c.close(c.p1, h1), ok)
		h2 := c.p1.new(actor.Event, name)
		c.want(c.main.try(h2), timeout)
		c.check(!c.main.info(h2).ManualReset, "the new event has the old one's kind")
		c.want(c.main.set(h1), failed(actor.Closed))
		c.want(c.main.try(h2), timeout)
		c.want(c.close(c.p1, h2), ok)
		c.p1.new(actor.Semaphore, name) // of another type, now that it is free
	}},
	{"NA-x4", "many processes come and go", func(c *Case) {
		name := c.name()
		h := c.p1.new(actor.Event, name)
		for range 20 {
			p := c.process()
			_, r := p.open(actor.Event, name)
			c.want(outcome(r), ok)
			p.new(actor.Mutex, "")
			p.kill()
		}
		c.eventually("only one handle is left", func() bool { return c.main.info(h).Handles == 1 })
		c.eventually("only one object is left", func() bool {
			return len(c.p1.do(actor.Op{Verb: actor.Objects}).Objects) == 1
		})
	}},
}
