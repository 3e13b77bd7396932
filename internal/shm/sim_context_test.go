//go:build ipcseam

package shm

import (
	"context"
	"slices"
	"time"
)

// A simContext is a context that a step of the simulation ends.
type simContext struct {
	context.Context
	m    *machine
	done chan struct{}
	err  error
	then []*func()
}

func newSimContext(m *machine) *simContext {
	return &simContext{Context: context.Background(), m: m, done: make(chan struct{})}
}

func (c *simContext) Done() <-chan struct{} { return c.done }
func (c *simContext) Err() error            { return c.err }

func (c *simContext) after(p *simProcess, f func()) (stop func() bool) {
	start := func() {
		ofIts := func(a *simActor) bool { return a.p == p }
		if p.dead && len(c.m.lingering(ofIts)) == 0 {
			return // it has no thread left that could do it
		}
		c.m.start(p, "canceller", f)
	}
	if c.err != nil {
		start()
		return func() bool { return false }
	}
	c.then = append(c.then, &start)
	return func() bool {
		at := slices.Index(c.then, &start)
		if at >= 0 {
			c.then = slices.Delete(c.then, at, at+1)
		}
		return at >= 0
	}
}

func (c *simContext) cancel() { c.finish(context.Canceled) }

func (c *simContext) finish(err error) {
	c.err = err
	close(c.done)
	for _, start := range c.then {
		(*start)()
	}
	c.then = nil
}

// AfterFunc is that of a simContext: the machine has no others that end.
func (m *machine) AfterFunc(ctx context.Context, f func()) (stop func() bool) {
	return ctx.(*simContext).after(m.current(), f)
}

// WithTimeout gives a context whose time runs out at any step, as everybody else
// may have been slow since. The clock shows that time then, to all.
func (m *machine) WithTimeout(d time.Duration) (context.Context, context.CancelFunc) {
	c := newSimContext(m)
	due := m.now + int64(d)
	timer := m.start(m.current(), "timeout", func() {
		a := m.running
		m.policy.pause(a)
		m.step(change)
		a.kernel()
		m.passUntil(due)
		c.finish(context.DeadlineExceeded)
	})
	return c, func() { m.end([]*simActor{timer}) }
}
