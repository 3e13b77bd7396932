package conformance

import (
	"time"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// mutexContention: several who want a mutex.
var mutexContention = []entry{
	{"MU-13", "who is not the owner waits, as long as he said", func(c *Case) {
		m, t1, t2 := c.mutex(), c.thread(), c.thread()
		t1.lock(m)
		c.want(t2.try(m), timeout)
		got, took := t2.wait(200*time.Millisecond, m)
		c.want(got, timeout)
		c.took(took, 200*time.Millisecond)
		c.want(t1.unlock(m), ok)
		c.want(t2.try(m), ok)
	}},
	{"MU-15", "each release lets exactly one of those who wait in", func(c *Case) {
		m, t1 := c.mutex(), c.thread()
		t1.lock(m)
		rest := c.allBlock(c.threads(3), m)
		owner := t1
		for len(rest) > 0 {
			c.want(owner.unlock(m), ok)
			var next *Pending
			next, rest = c.oneReleased(ok, rest)
			owner = next.t
			c.want(t1.try(m), timeout)
		}
		c.want(owner.unlock(m), ok)
		c.want(t1.try(m), ok)
	}},
	{"MU-16", "a wait that timed out leaves no claim", func(c *Case) {
		m, t1, t2, t3 := c.mutex(), c.thread(), c.thread(), c.thread()
		t1.lock(m)
		for range 3 {
			got, _ := t2.wait(20*time.Millisecond, m)
			c.want(got, timeout)
		}
		c.check(c.info(m).Waiters == 0, "%d waiters are left", c.info(m).Waiters)
		c.want(t1.unlock(m), ok)
		c.want(t3.try(m), ok)
		c.want(t3.unlock(m), ok)
		c.want(t2.try(m), ok)
	}},
	{"MU-45", "a counter under a mutex, four threads", func(c *Case) {
		n := many(10_000)
		m, ts := c.mutex(), c.threads(4)
		file, shared := c.file(), !c.traits.Spread
		var pending []*Pending
		for _, t := range ts {
			count := actor.Op{Verb: actor.Add, File: file}
			if shared {
				count = actor.Op{Verb: actor.Count}
			}
			unlock := actor.Op{Verb: actor.Unlock, Handle: m.handle(t), Owner: t.owner}
			pending = append(pending, t.rounds(n, t.waitOp(forever, m), count, unlock))
		}
		c.released(ok, pending...)
		got := c.p1.do(actor.Op{Verb: actor.Counted}).N
		if !shared {
			number, err := actor.ReadNumber(file)
			c.check(err == nil, "the counter: %v", err)
			got = int(number)
		}
		c.check(got == 4*n, "the counter is %d, want %d", got, 4*n)
		c.want(c.main.try(m), ok)
	}},
	{"MU-46", "a number in a file under a named mutex, several processes", func(c *Case) {
		m, file := c.named(actor.Mutex, actor.Spec{}), c.file()
		var pending []*Pending
		for range 4 {
			t := c.process().thread()
			pending = append(pending, t.rounds(5,
				t.waitOp(forever, m),
				actor.Op{Verb: actor.Add, File: file},
				actor.Op{Verb: actor.Unlock, Handle: m.handle(t), Owner: t.owner}))
		}
		c.released(ok, pending...)
		got, err := actor.ReadNumber(file)
		c.check(err == nil && got == 20, "the number is %d (%v), want 20", got, err)
	}},
	{"MU-x1", "a wait that is cancelled in the middle of the queue", func(c *Case) {
		m, t1, ts := c.mutex(), c.thread(), c.threads(3)
		t1.lock(m)
		waits := c.allBlock(ts, m)
		waits[1].call.Cancel()
		c.want(waits[1].outcome(), failed(actor.Canceled))
		c.check(c.info(m).Waiters == 2, "%d waiters, want 2", c.info(m).Waiters)
		c.want(t1.unlock(m), ok)
		first, rest := c.oneReleased(ok, []*Pending{waits[0], waits[2]})
		c.want(first.t.unlock(m), ok)
		c.released(ok, rest...)
		c.want(rest[0].t.unlock(m), ok)
		c.want(ts[1].try(m), ok)
	}},
	{"MU-x2", "closing the handle ends its wait", func(c *Case) {
		m := c.named(actor.Mutex, actor.Spec{})
		c.main.lock(m)
		p2 := c.process()
		h, t2 := p2.opens(m), p2.thread()
		w := t2.block(h)
		c.want(c.close(p2, h), ok)
		c.released(failed(actor.Closed), w)
		c.check(c.info(m).Waiters == 0, "a waiter is left")
	}},
}

// close closes a handle on behalf of nobody in particular.
func (c *Case) close(p *Process, h *Handle) Outcome {
	c.t.Helper()
	return outcome(p.do(actor.Op{Verb: actor.Close, Handle: h.id}))
}
