//go:build linux

package unixpipe

import (
	"context"
	"sync/atomic"
)

// A gate lets one goroutine in at a time, as a mutex does, and lets a context
// end the wait for that.
type gate struct {
	state atomic.Int32
	left  chan struct{} // has something after a leave that found gateAwaited
}

const (
	gateFree = iota
	gateTaken
	gateAwaited // taken, and somebody may be waiting
)

func newGate() gate { return gate{left: make(chan struct{}, 1)} }

func (g *gate) tryEnter() bool { return g.state.CompareAndSwap(gateFree, gateTaken) }

func (g *gate) enter() { g.enterUntil(context.Background()) }

func (g *gate) enterUntil(ctx context.Context) error {
	if g.tryEnter() {
		return nil
	}
	for g.state.Swap(gateAwaited) != gateFree {
		select {
		case <-g.left: // perhaps for one who has given up since
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (g *gate) leave() {
	if g.state.Swap(gateFree) == gateAwaited {
		select {
		case g.left <- struct{}{}:
		default: // somebody is about to look
		}
	}
}
