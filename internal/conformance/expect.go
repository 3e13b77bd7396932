package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// An Outcome is what an operation returned, in the words of the document.
type Outcome string

// TRUE and OK(0); TIMEOUT.
const (
	ok      Outcome = "OK(0)"
	timeout Outcome = "TIMEOUT"
)

// okAt is OK(i).
func okAt(i int) Outcome { return Outcome(fmt.Sprintf("OK(%d)", i)) }

// abandoned is ABANDONED(i), or of several mutexes in a wait for all.
func abandoned(indices ...int) Outcome {
	if len(indices) == 0 {
		indices = []int{0}
	}
	return Outcome(strings.ReplaceAll(fmt.Sprintf("ABANDONED%v", indices), " ", ","))
}

// failed is FALSE or FAILED with an error.
func failed(code actor.Code) Outcome { return Outcome("FAILED/" + code) }

func outcome(r actor.Result) Outcome {
	switch {
	case r.Code == actor.Timeout:
		return timeout
	case r.Code == actor.Other, r.Code == actor.Dead:
		return failed(r.Code) + Outcome(": "+r.Text)
	case r.Code != actor.OK:
		return failed(r.Code)
	case len(r.Abandoned) > 0 && (r.Index == 0 || slices.Contains(r.Abandoned, r.Index)):
		return abandoned(r.Abandoned...)
	case len(r.Abandoned) > 0:
		return Outcome(fmt.Sprintf("abandoned %v at index %d", r.Abandoned, r.Index))
	default:
		return okAt(r.Index)
	}
}

// want compares an outcome.
func (c *Case) want(got, want Outcome) {
	c.t.Helper()
	if got != want {
		c.t.Fatalf("got %s, want %s", got, want)
	}
}

// check reports a condition that does not hold.
func (c *Case) check(holds bool, format string, args ...any) {
	c.t.Helper()
	if !holds {
		c.t.Fatalf(format, args...)
	}
}

// Pending is an operation that blocks, or did.
type Pending struct {
	t    *Thread
	call *actor.Call
}

// outcome waits for the end of the operation.
func (p *Pending) outcome() Outcome {
	p.t.c.t.Helper()
	return outcome(p.result())
}

func (p *Pending) result() actor.Result {
	p.t.c.t.Helper()
	r, ended := p.call.Await(p.t.c.limit)
	if !ended {
		p.t.c.t.Fatalf("%s is still blocked. What its process is doing:\n%s", p.call.Op.Verb, p.t.p.actor.Dump())
	}
	return r
}

// released waits for operations that must end, each like this.
func (c *Case) released(want Outcome, pending ...*Pending) {
	c.t.Helper()
	for _, p := range pending {
		c.want(p.outcome(), want)
	}
}

// grace is how long something that must not happen is watched for.
const grace = 50 * time.Millisecond

// blocked asserts that operations have not ended, and do not within a grace.
func (c *Case) blocked(pending ...*Pending) {
	c.t.Helper()
	time.Sleep(grace)
	for i, p := range pending {
		if p.call.Ended() {
			c.t.Fatalf("wait %d of %d, %s, has ended and should be blocked: %s", i, len(pending), p.call.Op.Verb, p.call.Result())
		}
	}
}

// oneReleased waits until one of pending has ended, asserts that it is only
// one, and returns it and the others.
func (c *Case) oneReleased(want Outcome, pending []*Pending) (*Pending, []*Pending) {
	c.t.Helper()
	done := -1
	c.eventually("one wait has ended", func() bool {
		done = slices.IndexFunc(pending, func(p *Pending) bool { return p.call.Ended() })
		return done >= 0
	})
	c.want(pending[done].outcome(), want)
	others := slices.Delete(slices.Clone(pending), done, done+1)
	c.blocked(others...)
	return pending[done], others
}

// eventually calls condition until it holds.
func (c *Case) eventually(what string, condition func() bool) {
	c.t.Helper()
	for patience := testproc.NewPatience(c.limit); !condition(); time.Sleep(100 * time.Microsecond) {
		if patience.Out() {
			c.t.Fatalf("not in time: %s. What the first process is doing:\n%s", what, c.p1.actor.Dump())
		}
	}
}

// tick is how much too early a wait may end: one tick of the clock.
var tick = map[bool]time.Duration{true: 16 * time.Millisecond, false: time.Millisecond}[onWindows]

// took asserts that something took at least a time. How much longer is the
// scheduler's affair, up to where it is no longer believable.
func (c *Case) took(got, want time.Duration) {
	c.t.Helper()
	if got < want-tick || got > want+10*time.Second {
		c.t.Fatalf("it took %v, want about %v", got, want)
	}
}
