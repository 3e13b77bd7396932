package conformance

import (
	"time"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// deaths plays a scene for every way in which an owner can end: the thread
// ends, its process exits, its process is killed.
func (c *Case) deaths(play func(t1 *Thread, die func())) {
	c.t.Helper()
	t := c.thread()
	play(t, t.end)
	p := c.process()
	play(p.thread(), p.exit)
	p = c.process()
	play(p.thread(), p.kill)
}

// mutexAbandoned: owners who end without releasing.
var mutexAbandoned = []entry{
	{"MU-19", "the next owner is told, the one after him is not", func(c *Case) {
		t2, t3 := c.thread(), c.thread()
		c.deaths(func(t1 *Thread, die func()) {
			m := c.named(actor.Mutex, actor.Spec{})
			t1.lock(m)
			die()
			got, _ := t2.wait(forever, m)
			c.want(got, abandoned())
			c.want(t3.try(m), timeout)
			c.want(t2.unlock(m), ok)
			c.want(t3.try(m), ok)
			c.want(t3.unlock(m), ok)
		})
	}},
	{"MU-21", "a mutex stays abandoned until somebody acquires it", func(c *Case) {
		t2 := c.thread()
		c.deaths(func(t1 *Thread, die func()) {
			m := c.named(actor.Mutex, actor.Spec{})
			t1.lock(m)
			die()
			time.Sleep(2 * grace)
			i := c.info(m)
			c.check(i.Abandoned && i.Signaled && i.Owner == nil, "Info after the owner's death: %+v", i)
			c.want(t2.try(m), abandoned())
			i = c.info(m)
			c.check(!i.Abandoned && !i.Signaled && i.Owner != nil, "Info after the next lock: %+v", i)
		})
	}},
	{"MU-22", "the dead owner's recursion is forgotten", func(c *Case) {
		c.needRecursion()
		t2, t3 := c.thread(), c.thread()
		c.deaths(func(t1 *Thread, die func()) {
			m := c.named(actor.Mutex, actor.Spec{})
			for range 3 {
				t1.lock(m)
			}
			die()
			c.want(t2.try(m), abandoned())
			c.want(t2.unlock(m), ok)
			c.want(t2.unlock(m), notOwner)
			c.want(t3.try(m), ok)
		})
	}},
	{"MU-24", "of three who wait, exactly one is told", func(c *Case) {
		ts := c.threads(3)
		c.deaths(func(t1 *Thread, die func()) {
			m := c.named(actor.Mutex, actor.Spec{})
			t1.lock(m)
			rest := c.allBlock(ts, m)
			die()
			for want := abandoned(); len(rest) > 0; want = ok {
				var next *Pending
				next, rest = c.oneReleased(want, rest)
				c.want(next.t.unlock(m), ok)
			}
			c.want(c.main.try(m), ok)
		})
	}},
	{"MU-25", "every mutex of the dead owner is abandoned", func(c *Case) {
		t2 := c.thread()
		c.deaths(func(t1 *Thread, die func()) {
			var ms []*Object
			for range 3 {
				m := c.named(actor.Mutex, actor.Spec{})
				t1.lock(m)
				ms = append(ms, m)
			}
			released := c.named(actor.Mutex, actor.Spec{})
			t1.lock(released)
			c.want(t1.unlock(released), ok)
			die()
			for _, m := range ms {
				c.want(t2.try(m), abandoned())
			}
			c.want(t2.try(released), ok)
		})
	}},
	{"MU-27", "who is told may acquire again, and is not told again", func(c *Case) {
		c.needRecursion()
		t2 := c.thread()
		c.deaths(func(t1 *Thread, die func()) {
			m := c.named(actor.Mutex, actor.Spec{})
			t1.lock(m)
			die()
			c.want(t2.try(m), abandoned())
			c.want(t2.try(m), ok)
			c.want(t2.unlock(m), ok)
			c.want(t2.unlock(m), ok)
			c.want(t2.unlock(m), notOwner)
		})
	}},
	{"MU-28", "a process that exits in order abandons too", func(c *Case) {
		m := c.named(actor.Mutex, actor.Spec{})
		p1, t2 := c.process(), c.process().thread()
		p1.thread().lock(m)
		w := t2.block(m)
		p1.exit()
		c.released(abandoned(), w)
		c.want(t2.unlock(m), ok)
	}},
	{"MU-30", "the owner's child neither inherits nor abandons", func(c *Case) {
		m, p1, t3 := c.named(actor.Mutex, actor.Spec{}), c.process(), c.process().thread()
		t1 := p1.thread()
		t1.lock(m)
		c.want(outcome(p1.do(actor.Op{Verb: actor.Spawn})), ok)
		c.want(t3.try(m), timeout)
		c.want(t1.unlock(m), ok)
		c.want(t3.try(m), ok)
	}},
	{"MU-31", "who has acquired an abandoned mutex owns it", func(c *Case) {
		t2, t3 := c.process().thread(), c.process().thread()
		c.deaths(func(t1 *Thread, die func()) {
			m := c.named(actor.Mutex, actor.Spec{})
			t1.lock(m)
			die()
			c.want(t2.try(m), abandoned())
			c.want(t3.try(m), timeout)
			got, took := t3.wait(100*time.Millisecond, m)
			c.want(got, timeout)
			c.took(took, 100*time.Millisecond)
			c.want(t2.unlock(m), ok)
			c.want(t3.try(m), ok)
		})
	}},
	{"MU-32", "closing a handle is not a release", func(c *Case) {
		m, p := c.named(actor.Mutex, actor.Spec{}), c.process()
		h1, t1, t2 := p.opens(m), p.thread(), c.thread()
		t1.lock(h1)
		c.want(t1.close(h1), ok)
		if c.traits.Handles {
			c.want(t2.try(m), abandoned()) // the handle was the owner: no plain success
			return
		}
		c.want(t2.try(m), timeout)
		c.check(c.info(m).Owner != nil, "nobody owns the mutex")
		h2 := p.opens(m)
		c.want(t1.try(h2), ok)
		c.want(t1.unlock(h2), ok)
		c.want(t1.unlock(h2), ok)
		c.want(t2.try(m), ok)
	}},
	{"MU-x6", "a process of which one thread owns and another waits: others get it", func(c *Case) {
		t3 := c.thread()
		for _, end := range []func(*Process){(*Process).exit, (*Process).kill} {
			m, p := c.named(actor.Mutex, actor.Spec{}), c.process()
			t1, t2 := p.thread(), p.thread()
			t1.lock(m)
			t2.block(m)
			w := t3.block(m)
			end(p)
			c.released(abandoned(), w)
			c.check(c.info(m).Waiters == 0, "%d waiters are left", c.info(m).Waiters)
			c.want(t3.unlock(m), ok)
			c.want(c.main.try(m), ok)
		}
	}},
	{"MU-x9", "what an ending process only waited for is not abandoned by it", func(c *Case) {
		for range 5 {
			for _, end := range []func(*Process){(*Process).exit, (*Process).kill} {
				m, free, p := c.named(actor.Mutex, actor.Spec{}), c.named(actor.Mutex, actor.Spec{}), c.process()
				t1, t2 := p.thread(), p.thread()
				t1.lock(m)
				t2.blockAll(m, free) // which the end of t1 would satisfy
				end(p)
				c.want(c.main.try(free), ok)
				c.want(c.main.try(m), abandoned())
			}
		}
	}},
	{"MU-x7", "owners who die one after the other", func(c *Case) {
		m := c.named(actor.Mutex, actor.Spec{})
		want := ok
		for range 10 {
			p := c.process()
			got, _ := p.thread().wait(forever, m)
			c.want(got, want)
			want = abandoned()
			p.kill()
		}
		// And while the next one waits already.
		p := c.process()
		c.want(p.thread().try(m), abandoned())
		for range 5 {
			next := c.process()
			w := next.thread().block(m)
			p.kill()
			c.released(abandoned(), w)
			p = next
		}
		p.exit()
		c.want(c.main.try(m), abandoned())
		c.want(c.main.unlock(m), ok)
		c.want(c.main.try(m), ok)
	}},
	{"MU-x8", "Create of an abandoned mutex neither owns nor mends it", func(c *Case) {
		m := c.named(actor.Mutex, actor.Spec{})
		p := c.process()
		p.thread().lock(m)
		p.kill()
		p2 := c.process()
		h, r := p2.creates(actor.Mutex, m.name, actor.Spec{Owned: true})
		c.want(outcome(r), ok)
		c.check(r.Existed, "the mutex has not survived")
		t2 := p2.thread()
		c.want(t2.unlock(h), notOwner)
		c.want(t2.try(h), abandoned())
		c.want(t2.unlock(h), ok)
	}},
	{"MU-x3", "a queue behind an owner that dies while it waits elsewhere", func(c *Case) {
		t2 := c.thread()
		p := c.process()
		t1 := p.thread()
		m, e := c.named(actor.Mutex, actor.Spec{}), c.named(actor.Event, actor.Spec{})
		t1.lock(m)
		t1.block(e)
		w := t2.block(m)
		p.kill()
		c.released(abandoned(), w)
		c.want(c.main.set(e), ok)
		c.check(c.main.isSet(e), "the signal went to the dead")
	}},
}
