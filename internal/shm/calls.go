package shm

import "sync/atomic"

// calls counts the calls that use something, so that it is not taken away under
// them. The zero value can be used.
type calls struct {
	state atomic.Int64 // their number, and callsOver
	last  atomic.Pointer[chan struct{}]
}

const callsOver = 1 << 62

// begin starts a call, unless there are to be no more.
func (c *calls) begin() bool {
	if c.state.Add(1)&callsOver == 0 {
		return true
	}
	c.end()
	return false
}

// end ends a call.
func (c *calls) end() {
	stillRuns()
	if c.state.Add(-1) != callsOver {
		return
	}
	if done := c.last.Load(); done != nil {
		select {
		case *done <- struct{}{}:
		default: // somebody came too late before
		}
	}
}

// over lets no other call begin. It reports whether it was the first to do so.
func (c *calls) over() (first bool) {
	done := make(chan struct{}, 1)
	if !c.last.CompareAndSwap(nil, &done) {
		return false
	}
	c.state.Or(callsOver)
	return true
}

// wait returns when the last call has ended; over comes first.
func (c *calls) wait() {
	if c.state.Load() != callsOver {
		receive(*c.last.Load())
	}
}
