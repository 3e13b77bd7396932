package conformance

import (
	"testing"

	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// many is a number of rounds; fewer where each is slow.
func many(n int) int {
	switch {
	case testproc.UnderWine(): // where a server does every one
		return n / 50
	case raceEnabled || testing.Short():
		return n / 10
	}
	return n
}

// crowd makes n threads; where threads are processes, they share a few.
func (c *Case) crowd(n int) []*Thread {
	c.t.Helper()
	ps := []*Process{c.p1}
	if c.traits.Spread {
		ps = []*Process{c.process(), c.process(), c.process()}
	}
	ts := make([]*Thread, n)
	for i := range ts {
		ts[i] = ps[i%len(ps)].thread()
	}
	return ts
}

// waitStress: nothing is lost and nothing doubled.
var waitStress = []entry{
	{"WA-42", "24 threads at one auto-reset event", func(c *Case) {
		signals := many(2_000)
		e := c.event(false, false)
		var loops []*Pending
		for i, t := range c.crowd(24) {
			op := t.waitOp(forever, e)
			switch i % 3 {
			case 0:
				op.Timeout, op.Lenient = 0, true
			case 1:
				op.Timeout, op.Lenient = ms, true
			}
			loops = append(loops, t.rounds(actor.Forever, op))
		}
		// A set event is left alone, so that every Set counts.
		t, effective := c.main, 0
		raise := actor.Op{Verb: actor.Raise, Handle: e.handle(t)}
		for effective < signals {
			if t.do(raise).Code == actor.OK {
				effective++
			}
		}
		successes := 0
		for _, l := range loops {
			l.call.Cancel()
			r := l.result()
			c.want(outcome(r), ok)
			successes += r.Waits
		}
		if c.main.isSet(e) {
			successes++
		}
		c.check(successes == effective, "%d signals, of which %d arrived", effective, successes)
	}},
	{"WA-x6", "permits of a semaphore are neither lost nor doubled", func(c *Case) {
		const limit = 3
		rounds := many(300)
		s := c.semaphore(limit, limit)
		var loops []*Pending
		for i, t := range c.crowd(12) {
			op := t.waitOp(forever, s)
			if i%2 == 0 {
				op = t.manyOp(actor.Any, forever, []Ref{s, s})
			}
			loops = append(loops, t.rounds(rounds, op, actor.Op{Verb: actor.Release, Handle: s.handle(t), N: 1}))
		}
		c.released(ok, loops...)
		c.check(c.info(s).Count == limit, "the count is %d, want %d", c.info(s).Count, limit)
	}},
}
