package conformance

import (
	"time"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// unavailable makes an object of a kind that no wait of others succeeds for.
func (c *Case) unavailable(kind string) *Object {
	c.t.Helper()
	return c.create(kind, actor.Spec{Owned: true, Max: 1})
}

// waitSingle: waits for one object.
var waitSingle = []entry{
	{"WA-01", "closed and nil handles are refused", func(c *Case) {
		for _, kind := range actor.Kinds {
			h, _ := c.p1.creates(kind, "", actor.Spec{Max: 1, Initial: 1, Set: true})
			c.want(c.main.close(h), ok)
			for _, d := range []time.Duration{0, time.Second, forever} {
				for o, want := range map[Ref]Outcome{h: failed(actor.Closed), null(kind): invalid} {
					got, _ := c.main.wait(d, o)
					c.want(got, want)
					c.want(c.main.any(d, o), want)
					c.want(c.main.all(d, o), want)
				}
			}
		}
	}},
	{"WA-03", "a wait of 0 does not block", func(c *Case) {
		t := c.thread()
		for _, kind := range actor.Kinds {
			o := c.unavailable(kind)
			c.want(t.try(o), timeout)
			c.want(t.any(0, o), timeout)
			c.want(t.all(0, o), timeout)
			c.check(c.info(o).Waiters == 0, "a waiter is left")
		}
	}},
	{"WA-04", "a wait that times out takes as long as it was told to", func(c *Case) {
		t := c.thread()
		var pending []*Pending
		const d = 300 * ms
		for _, kind := range actor.Kinds {
			o := c.named(kind, actor.Spec{Owned: true, Max: 1})
			pending = append(pending, c.process().thread().blockFor(d, o))
			if kind == actor.Event {
				got, took := t.wait(d, o)
				c.want(got, timeout)
				c.took(took, d)
			}
		}
		for _, p := range pending {
			c.want(p.outcome(), timeout)
			c.took(p.result().Elapsed, d)
		}
		e := c.event(false, false)
		for _, wait := range []func(time.Duration, ...Ref) Outcome{t.any, t.all} {
			start := time.Now()
			c.want(wait(100*ms, e), timeout)
			c.took(time.Since(start), 100*ms)
		}
		c.check(c.info(e).Waiters == 0, "a waiter is left")
	}},
	{"WA-28", "pseudo-handles", func(c *Case) {
		c.skip("there are no pseudo-handles: handles are Go values")
	}},
	{"WA-30", "any of a process and an event", func(c *Case) {
		c.needProcesses()
		e, p2 := c.event(false, false), c.process()
		h, r := c.p1.obtain(actor.Op{Verb: actor.OpenProcess, PID: p2.actor.PID()})
		c.want(outcome(r), ok)
		t1 := c.p1.thread()
		op := t1.manyOp(actor.Any, forever, []Ref{h, e})
		w := t1.queue(op, e)
		c.want(c.main.set(e), ok)
		c.released(okAt(1), w)
		c.want(c.main.any(0, h, e), timeout)
		w = t1.queue(op, e)
		p2.exit()
		c.released(okAt(0), w)
		for range 3 {
			c.want(c.main.any(0, e, h), okAt(1))
		}
		c.want(c.main.set(e), ok)
		c.want(c.main.all(0, e, h), ok)
	}},
	{"WA-31", "an ended process is signalled for everybody, for ever", func(c *Case) {
		c.needProcesses()
		p2 := c.process()
		h, r := c.p1.obtain(actor.Op{Verb: actor.OpenProcess, PID: p2.actor.PID()})
		c.want(outcome(r), ok)
		wait := actor.Op{Verb: actor.Wait, Handle: h.id, Timeout: forever}
		var pending []*Pending
		for range 5 {
			pending = append(pending, c.p1.thread().start(wait))
		}
		c.blocked(pending...)
		p2.kill()
		c.released(ok, pending...)
		wait.Timeout = 0
		c.want(outcome(c.p1.do(wait)), ok)
		c.want(outcome(c.p1.do(wait)), ok)
	}},
	{"WA-40", "a wait keeps its length when the clock is set", func(c *Case) {
		c.needClock()
		e, start := c.event(false, false), time.Now()
		w := c.thread().blockFor(2*time.Second, e)
		c.jumpClock(10 * time.Second)
		c.released(timeout, w)
		c.took(time.Since(start), 2*time.Second)
	}},
	{"WA-x1", "closing the handle ends its waits, and leaves those of others", func(c *Case) {
		for _, kind := range actor.Kinds {
			o := c.named(kind, actor.Spec{Owned: true, Max: 1})
			p2, t2 := c.process(), c.thread()
			h := p2.opens(o)
			e := p2.opens(c.named(actor.Event, actor.Spec{}))
			w1 := p2.thread().block(h)
			w2 := p2.thread().blockAny(e, h)
			w3 := p2.thread().blockAll(h, e)
			w4 := t2.block(o)
			c.want(c.close(p2, h), ok)
			c.released(failed(actor.Closed), w1, w2, w3)
			c.blocked(w4)
			c.check(c.info(o).Waiters == 1, "%d waiters, want 1", c.info(o).Waiters)
		}
	}},
	{"WA-x2", "a wait that was cancelled has consumed nothing, and its handle is usable", func(c *Case) {
		t := c.thread()
		for _, kind := range actor.Kinds {
			o := c.unavailable(kind)
			for range 3 {
				w := t.block(o)
				w.call.Cancel()
				c.released(failed(actor.Canceled), w)
			}
			c.check(c.info(o).Waiters == 0, "a waiter is left")
			c.makeAvailable(o)
			c.want(t.try(o), ok)
		}
	}},
}

// makeAvailable lets one wait for the object succeed.
func (c *Case) makeAvailable(o *Object) {
	c.t.Helper()
	switch o.kind {
	case actor.Event:
		c.want(c.main.set(o), ok)
	case actor.Mutex:
		c.want(c.main.unlock(o), ok)
	case actor.Semaphore:
		c.main.post(o, 1, 0)
	case actor.Timer:
		c.want(c.main.arm(o, 0, 0), ok)
	}
}
