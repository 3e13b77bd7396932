package actor

import (
	"context"
	"time"

	"github.com/winsys-go/ipc/internal/testproc"
)

// An Actor does operations. It is a process, or stands for one.
type Actor interface {
	// Start starts an operation. One that cannot block has ended when Start
	// returns, or will without anybody's help.
	Start(op Op) *Call
	// PID is the id of the process.
	PID() int
	// Exit ends the actor, as the end of its main function would: nothing is
	// closed or unlocked first.
	Exit()
	// Kill ends it in the middle of whatever it is doing.
	Kill()
	// Dump says what the actor is doing, for a test that gives up on it. The
	// actor may not survive it.
	Dump() string
}

// A Call is an operation that was started.
type Call struct {
	Op     Op
	done   chan struct{}
	result Result
	cancel func()
}

// NewCall returns a call of op that has not ended, for an Actor of one's own.
// Cancel may be nil.
func NewCall(op Op, cancel func()) *Call {
	return &Call{Op: op, done: make(chan struct{}), cancel: cancel}
}

// Finish ends the call. It is for the Actor.
func (c *Call) Finish(r Result) {
	c.result = r
	close(c.done)
}

// Done is closed when the operation has ended.
func (c *Call) Done() <-chan struct{} { return c.done }

// Ended tells whether the operation has ended.
func (c *Call) Ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// Result returns the result of a call that has ended.
func (c *Call) Result() Result {
	<-c.done
	return c.result
}

// Await waits for the end of the operation, but not longer than limit.
func (c *Call) Await(limit time.Duration) (Result, bool) {
	select {
	case <-c.done:
		return c.result, true
	default:
	}
	if !testproc.NewPatience(limit).Wait(c.done) {
		return Result{}, false
	}
	return c.result, true
}

// Cancel cancels the context of the operation.
func (c *Call) Cancel() {
	if c.cancel != nil {
		c.cancel()
	}
}

// deadline is ctx for an operation with this timeout.
func deadline(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout < 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}
