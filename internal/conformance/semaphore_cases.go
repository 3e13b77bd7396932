package conformance

import (
	"time"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

const maxCount = 0x7FFFFFFF

var (
	tooMany = failed(actor.TooManyPosts)
	invalid = failed(actor.Invalid)
)

// post releases permits and checks the count before.
func (t *Thread) post(s Ref, n, before int) {
	t.c.t.Helper()
	previous, got := t.release(s, n)
	t.c.want(got, ok)
	t.c.check(previous == before, "Release(%d) reports %d permits before, want %d", n, previous, before)
}

// refusePost releases permits that must be refused.
func (t *Thread) refusePost(s Ref, n int, want Outcome) {
	t.c.t.Helper()
	previous, got := t.release(s, n)
	t.c.want(got, want)
	t.c.check(previous == 0, "a failed Release reports %d permits", previous)
}

// semaphores: counts without waiters.
var semaphores = []entry{
	{"SE-02", "initial counts and maxima", func(c *Case) {
		for _, s := range [][2]int{{0, 1}, {1, 1}, {maxCount - 1, maxCount}, {maxCount, maxCount}} {
			h, r := c.p1.creates(actor.Semaphore, "", actor.Spec{Initial: s[0], Max: s[1]})
			c.want(outcome(r), ok)
			i := c.main.info(h)
			c.check(i.Count == s[0] && i.Max == s[1], "created (%d/%d): %d/%d", s[0], s[1], i.Count, i.Max)
		}
		for _, s := range [][2]int{{0, 0}, {1, 0}, {2, 1}, {-1, 1}, {0, -1}, {-1, -1}} {
			_, r := c.p1.creates(actor.Semaphore, c.name(), actor.Spec{Initial: s[0], Max: s[1]})
			c.want(outcome(r), invalid)
		}
	}},
	{"SE-03", "no permits: no wait succeeds", func(c *Case) {
		c.want(c.thread().try(c.semaphore(0, 1)), timeout)
	}},
	{"SE-05", "Release reports the count before", func(c *Case) {
		s := c.semaphore(0, 10)
		before := 0
		for _, n := range []int{1, 2, 1, 6} {
			c.main.post(s, n, before)
			before += n
		}
		for range before {
			c.want(c.main.try(s), ok)
		}
		c.want(c.main.try(s), timeout)
	}},
	{"SE-06", "beyond the maximum nothing is released", func(c *Case) {
		for _, n := range []int{1, 3} {
			s := c.semaphore(n, n)
			c.main.refusePost(s, 1, tooMany)
			for range n {
				c.want(c.main.try(s), ok)
			}
			c.want(c.main.try(s), timeout)
		}
	}},
	{"SE-07", "a release that would fit in part is refused whole", func(c *Case) {
		s := c.semaphore(1, 3)
		c.main.refusePost(s, 3, tooMany)
		c.main.refusePost(s, maxCount, tooMany)
		c.main.post(s, 2, 1)
		c.main.refusePost(s, 1, tooMany)
		for range 3 {
			c.want(c.main.try(s), ok)
		}
		c.want(c.main.try(s), timeout)
	}},
	{"SE-08", "a release above the maximum leaves an empty semaphore empty", func(c *Case) {
		for _, s := range []struct{ limit, n int }{{2, 3}, {10, 11}} {
			o := c.semaphore(0, s.limit)
			c.main.refusePost(o, s.n, tooMany)
			c.want(c.main.try(o), timeout)
		}
	}},
	{"SE-09", "a release of nothing, or less, is refused", func(c *Case) {
		s := c.semaphore(1, 2)
		for _, n := range []int{0, -1, -maxCount} {
			c.main.refusePost(s, n, invalid)
		}
		c.check(c.info(s).Count == 1, "the count is %d, want 1", c.info(s).Count)
		c.main.post(s, 1, 1)
	}},
	{"SE-11", "the sum does not wrap", func(c *Case) {
		s := c.semaphore(maxCount, maxCount)
		c.main.refusePost(s, 1, tooMany)
		c.main.refusePost(s, maxCount, tooMany)
		s = c.semaphore(1, maxCount)
		c.main.refusePost(s, maxCount, tooMany)
		c.main.post(s, maxCount-1, 1)
		c.check(c.info(s).Count == maxCount, "the count is %d", c.info(s).Count)
	}},
	{"SE-12", "closed and nil handles are refused", func(c *Case) {
		h, _ := c.p1.creates(actor.Semaphore, "", actor.Spec{Max: 1})
		c.want(c.main.close(h), ok)
		c.main.refusePost(h, 1, failed(actor.Closed))
		c.main.refusePost(null(actor.Semaphore), 1, invalid)
		c.want(c.main.try(h), failed(actor.Closed))
		c.want(c.main.try(null(actor.Semaphore)), invalid)
	}},
	{"SE-18", "any over the same semaphore twice takes one permit", func(c *Case) {
		s := c.semaphore(2, 3)
		c.want(c.main.any(0, s, s), okAt(0))
		c.check(c.info(s).Count == 1, "the count is %d, want 1", c.info(s).Count)
		s = c.semaphore(0, 3)
		w := c.thread().blockAny(s, s)
		c.main.post(s, 2, 0)
		c.released(okAt(0), w)
		c.check(c.info(s).Count == 1, "the count is %d, want 1", c.info(s).Count)
	}},
	{"SE-20", "all over a semaphore and an event takes both or nothing", func(c *Case) {
		s, e := c.semaphore(1, 3), c.event(false, true)
		c.want(c.main.all(0, s, e), ok)
		c.check(c.info(s).Count == 0 && !c.main.isSet(e), "not both were consumed")
		c.want(c.main.all(0, s, e), timeout)
		c.main.post(s, 1, 0)
		c.want(c.main.all(0, s, e), timeout)
		c.check(c.info(s).Count == 1, "a failed wait for all has taken a permit")
	}},
	{"SE-21", "the second creator's counts are ignored", func(c *Case) {
		s, p2 := c.named(actor.Semaphore, actor.Spec{Initial: 1, Max: 2}), c.process()
		h, r := p2.creates(actor.Semaphore, s.name, actor.Spec{Initial: 0, Max: 100})
		c.want(outcome(r), ok)
		c.check(r.Existed, "Create of an existing semaphore does not say so")
		t2 := p2.thread()
		t2.post(h, 1, 1)
		t2.refusePost(h, 1, tooMany)
	}},
	{"SE-23", "permits do not come back when a process dies", func(c *Case) {
		s, p1, t2 := c.named(actor.Semaphore, actor.Spec{Initial: 1, Max: 1}), c.process(), c.process().thread()
		c.want(p1.thread().try(s), ok)
		c.want(t2.try(s), timeout)
		p1.kill()
		got, _ := t2.wait(200*time.Millisecond, s)
		c.want(got, timeout)
		t2.post(s, 1, 0)
		c.want(t2.try(s), ok)
	}},
	{"SE-24", "anybody may release", func(c *Case) {
		s, t1, t2 := c.semaphore(1, 1), c.thread(), c.thread()
		c.want(t1.try(s), ok)
		t2.post(s, 1, 0)
		c.want(t1.try(s), ok)
	}},
}
