package conformance

import (
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// lock does the uncontended lock of a mutex that must succeed.
func (t *Thread) lock(o Ref) {
	t.c.t.Helper()
	t.c.want(t.try(o), ok)
}

// repeat does an operation n times, which must succeed. Every few thousand of them
// have as long as anything else.
func (t *Thread) repeat(n int, op actor.Op) {
	t.c.t.Helper()
	const batch = 5_000
	for ; n > 0; n -= batch {
		t.c.want(t.rounds(min(n, batch), op).outcome(), ok)
	}
}

// notOwner is ERROR_NOT_OWNER.
var notOwner = failed(actor.NotOwner)

// mutexBasics: one owner, and others who do not wait.
var mutexBasics = []entry{
	{"MU-01", "acquire, release, and no second release", func(c *Case) {
		m, _ := c.p1.creates(actor.Mutex, "", actor.Spec{})
		for range 2 {
			c.want(c.main.try(m), ok)
			c.want(c.main.unlock(m), ok)
			c.want(c.main.unlock(m), notOwner)
		}
	}},
	{"MU-03", "initial ownership counts as one acquisition", func(c *Case) {
		m := c.create(actor.Mutex, actor.Spec{Owned: true})
		t1, t2 := c.main, c.thread()
		c.check(c.info(m).Owner != nil, "nobody owns the new mutex")
		c.want(t2.try(m), timeout)
		if !c.traits.Handles {
			c.want(t1.try(m), ok)
			c.want(t1.unlock(m), ok)
			c.want(t2.try(m), timeout)
		}
		c.want(t1.unlock(m), ok)
		c.want(t2.try(m), ok)
		c.want(t1.unlock(m), notOwner)
	}},
	{"MU-04", "recursion: as many releases as acquisitions", func(c *Case) {
		c.needRecursion()
		m, t1, t2 := c.mutex(), c.thread(), c.thread()
		for _, n := range []int{1, 2, 31, 50} {
			for range n {
				c.want(t1.try(m), ok)
			}
			for range n {
				c.want(t2.try(m), timeout)
				c.want(t1.unlock(m), ok)
			}
			c.want(t1.unlock(m), notOwner)
			c.want(t2.try(m), ok)
			c.want(t2.unlock(m), ok)
		}
	}},
	{"MU-06", "the owner never blocks", func(c *Case) {
		c.needRecursion()
		m, t1 := c.mutex(), c.thread()
		c.want(t1.try(m), ok)
		for _, d := range []time.Duration{0, 100 * time.Millisecond, forever} {
			got, _ := t1.wait(d, m)
			c.want(got, ok)
		}
		c.want(t1.any(forever, m), ok)
		c.want(t1.all(forever, m), ok)
		for range 6 {
			c.want(t1.unlock(m), ok)
		}
		c.want(t1.unlock(m), notOwner)
	}},
	{"MU-07", "a mutex that nobody acquired cannot be released", func(c *Case) {
		m := c.mutex()
		c.want(c.thread().unlock(m), notOwner)
		c.want(c.main.unlock(m), notOwner)
		c.check(c.info(m).Signaled && c.info(m).Owner == nil, "the mutex is no longer free")
		c.want(c.main.try(m), ok)
	}},
	{"MU-09", "only the owner releases, also across processes", func(c *Case) {
		m := c.named(actor.Mutex, actor.Spec{})
		t1, t2 := c.process().thread(), c.process().thread()
		t1.lock(m)
		c.want(t2.unlock(m), notOwner)
		c.want(c.main.unlock(m), notOwner)
		c.check(c.info(m).Owner != nil, "the mutex is free")
		c.want(t2.try(m), timeout)
		c.want(t1.unlock(m), ok)
	}},
	{"MU-10", "closed and nil handles are refused", func(c *Case) {
		h, _ := c.p1.creates(actor.Mutex, "", actor.Spec{})
		c.want(c.main.close(h), ok)
		for _, verb := range []actor.Verb{actor.Unlock, actor.Wait, actor.Info} {
			c.want(c.main.on(verb, h), failed(actor.Closed))
			c.want(c.main.on(verb, null(actor.Mutex)), failed(actor.Invalid))
		}
		got, _ := c.main.wait(forever, h)
		c.want(got, failed(actor.Closed))
		got, _ = c.main.wait(forever, null(actor.Mutex))
		c.want(got, failed(actor.Invalid))
		c.want(c.main.close(h), ok) // again
	}},
	{"MU-12", "two handles of one owner are one mutex", func(c *Case) {
		c.needRecursion()
		m := c.named(actor.Mutex, actor.Spec{})
		p := c.process()
		h1, h2, t := p.opens(m), p.opens(m), p.thread()
		c.want(t.try(h1), ok)
		c.want(t.try(h2), ok)
		c.want(t.unlock(h1), ok)
		c.want(t.unlock(h1), ok)
		c.want(t.unlock(h2), notOwner)
		c.want(t.try(h2), ok)
		c.want(t.unlock(h1), ok)
	}},
	{"MU-17", "InitiallyOwned is ignored when the mutex exists", func(c *Case) {
		m, p2 := c.named(actor.Mutex, actor.Spec{}), c.process()
		t2, h := p2.thread(), &Handle{p: p2, kind: actor.Mutex, id: c.number()}
		r := t2.do(actor.Op{Verb: actor.Create, Kind: actor.Mutex, Name: m.name, Handle: h.id, Owner: t2.owner, Spec: actor.Spec{Owned: true}})
		c.want(outcome(r), ok)
		c.check(r.Existed, "Create of an existing mutex does not say so")
		c.check(t2.info(h).Owner == nil, "the second creator owns the mutex")
		c.want(t2.unlock(h), notOwner)
		c.want(c.main.try(m), ok)
		c.want(t2.try(h), timeout)
	}},
	{"MU-18", "… and is not waited for when somebody owns it", func(c *Case) {
		m, p2 := c.named(actor.Mutex, actor.Spec{}), c.process()
		t1, t2 := c.process().thread(), p2.thread()
		t1.lock(m)
		h := &Handle{p: p2, kind: actor.Mutex, id: c.number()}
		r := t2.do(actor.Op{Verb: actor.Create, Kind: actor.Mutex, Name: m.name, Handle: h.id, Owner: t2.owner, Spec: actor.Spec{Owned: true}})
		c.want(outcome(r), ok)
		c.check(r.Existed, "Create of an existing mutex does not say so")
		c.check(c.info(m).Waiters == 0, "the second creator is queued")
		c.want(t2.unlock(h), notOwner)
		c.want(t2.try(h), timeout)
		c.want(t1.unlock(m), ok)
		c.check(c.info(m).Owner == nil, "somebody got the mutex when it was released")
		c.want(t2.try(h), ok)
	}},
	{"MU-x5", "a handle by itself is not recursive", func(c *Case) {
		h, _ := c.p1.creates(actor.Mutex, c.name(), actor.Spec{Owned: true})
		nobody := &Thread{c: c, p: c.p1}
		c.want(nobody.try(h), timeout)
		got, took := nobody.wait(100*time.Millisecond, h)
		c.want(got, timeout)
		c.took(took, 100*time.Millisecond)
		c.want(nobody.any(0, h), timeout)
		c.want(nobody.all(0, h), timeout)
		w := nobody.block(h) // some goroutine that shares the handle
		c.blocked(w)
		c.want(nobody.unlock(h), ok)
		c.released(ok, w)
		c.want(nobody.unlock(h), ok)
		c.want(nobody.unlock(h), notOwner)
		// An Owner and a handle are different owners, as two handles are.
		c.want(nobody.try(h), ok)
		c.want(c.p1.thread().on(actor.Unlock, c.p1.opens(&Object{kind: actor.Mutex, name: c.main.info(h).Name})), notOwner)
	}},
	{"MU-48", "recursion does not wrap to free", func(c *Case) {
		c.needRecursion()
		n := 70_000 // beyond 16 bits; 31 bits take too long
		if testing.Short() {
			n = many(n)
		}
		m, t1 := c.mutex(), c.thread()
		t1.repeat(n, t1.waitOp(0, m))
		c.check(c.info(m).Owner != nil, "the mutex is free after %d acquisitions", n)
		c.want(c.main.try(m), timeout)
		unlock := actor.Op{Verb: actor.Unlock, Handle: m.handle(t1), Owner: t1.owner}
		t1.repeat(n-1, unlock)
		c.want(c.main.try(m), timeout)
		c.want(t1.unlock(m), ok)
		c.want(c.main.try(m), ok)
	}},
}
