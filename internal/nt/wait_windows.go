package nt

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// A call is one wait for any or all of some objects.
type call struct {
	owner   *Owner
	refs    []*Object
	all     bool
	room    [backend.MaxWait]windows.Handle
	handles []windows.Handle
	mutexes uint64 // bit i: refs[i] is one
	used    int    // refs that are in use
	look    look
	blocked bool // it has done more than look
	sleeper sleeper
	marks   []windows.Handle
}

// An attempt is a wait of the kernel: it returns WAIT_TIMEOUT after so many
// milliseconds, and WAIT_IO_COMPLETION when it is alertable and interrupted.
type attempt func(milliseconds uint32, alertable bool) (uint32, error)

// Wait blocks until any or all of refs are signalled or ctx is done. owner is
// who gets the mutexes; nil means each handle for itself.
func Wait(ctx context.Context, owner *Owner, all bool, refs []*Object) (backend.WaitResult, error) {
	c := &call{owner: owner, refs: refs, all: all}
	defer c.end()
	if err := c.begin(); err != nil {
		return backend.WaitResult{}, err
	}
	if owner != nil {
		if err := owner.Begin(); err != nil {
			return backend.WaitResult{}, err
		}
		defer owner.End()
	}
	if c.mutexes == 0 {
		return c.wait(ctx, nil)
	}
	t, err := owner.take()
	if err != nil {
		return backend.WaitResult{}, err
	}
	defer owner.give(t)
	var result backend.WaitResult
	t.do(func() { result, err = c.wait(ctx, t) })
	if err == nil {
		c.acquired(t, result)
	}
	return result, err
}

// begin makes sure of the handles until end.
func (c *call) begin() error {
	c.handles = c.room[:len(c.refs)]
	for i, o := range c.refs {
		if err := o.use(); err != nil {
			return err
		}
		c.used++
		if o.mailslot != nil {
			o.mailslot.beginWait()
		}
		c.handles[i] = o.handle
		if o.kind == backend.Mutex {
			c.mutexes |= 1 << i
		}
	}
	if c.all {
		return distinct(c.refs)
	}
	return nil
}

func (c *call) end() {
	for _, o := range c.refs[:c.used] {
		if o.mailslot != nil {
			o.mailslot.endWait()
		}
		o.unuse()
	}
}

// distinct refuses the same object twice, through whatever handle: Windows does
// that itself, but Wine does not.
func distinct(refs []*Object) error {
	for i, o := range refs {
		if k := indexOf(refs[:i], o); k >= 0 {
			return fmt.Errorf("objects %d and %d are the same, which a wait for all cannot have: %w", k, i, backend.ErrInvalid)
		}
	}
	return nil
}

// indexOf finds an object, through whatever handle; -1 if it is not there.
func indexOf(refs []*Object, o *Object) int {
	return slices.IndexFunc(refs, func(x *Object) bool { return x == o || o.full != "" && x.full == o.full })
}

// attempt is the wait itself.
func (c *call) attempt(milliseconds uint32, alertable bool) (uint32, error) {
	return win32.WaitForMultipleObjectsEx(c.handles, c.all, milliseconds, alertable)
}

// enterAndWait is the attempt that blocks first. It tells that the wait has
// begun, in one step with that where the kernel can.
func (c *call) enterAndWait(milliseconds uint32, alertable bool) (uint32, error) {
	if len(c.handles) == 1 && c.sleeper.entered != 0 {
		return win32.SignalObjectAndWait(c.sleeper.entered, c.handles[0], milliseconds, alertable)
	}
	windows.SetEvent(c.sleeper.entered)
	return c.attempt(milliseconds, alertable)
}

// wait looks, and blocks when that was not enough: on this thread, which is t,
// or any if t is nil.
func (c *call) wait(ctx context.Context, t *thread) (backend.WaitResult, error) {
	c.lookAtMutexes()
	code, err := c.attempt(0, false)
	if err != nil {
		return backend.WaitResult{}, wrap(err)
	}
	if code == win32.WAIT_TIMEOUT {
		if err := ctx.Err(); err != nil {
			return backend.WaitResult{}, err
		}
		if code, err = c.block(ctx, t, c.enterAndWait); err != nil {
			return backend.WaitResult{}, err
		}
	}
	return c.result(code), nil
}

// block waits as long as it takes. first is the first attempt.
func (c *call) block(ctx context.Context, t *thread, first attempt) (uint32, error) {
	var thread windows.Handle
	if t != nil {
		thread = t.handle
	} else {
		if err := reserve(); err != nil {
			return 0, err
		}
		defer unreserve()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		h, err := win32.CurrentThread()
		if err != nil {
			return 0, wrap(err)
		}
		defer windows.CloseHandle(h)
		thread = h
	}
	c.enter()
	defer c.leave()
	stop := context.AfterFunc(ctx, func() { c.sleeper.interrupt(ctx.Err()) })
	defer stop()
	return c.sleeper.sleep(thread,
		func() (uint32, error) { return first(windows.INFINITE, true) },
		func() (uint32, error) { return c.attempt(windows.INFINITE, true) })
}

// enter lets others see the wait, and those end it who may.
func (c *call) enter() {
	c.lookAtMutexes()
	c.blocked = true
	c.sleeper.entered = takeEntry()
	for _, o := range c.refs {
		o.enter(&c.sleeper)
		announce(o, &c.sleeper)
	}
	c.owner.setWait(&c.sleeper)
	c.marks = markWaits(c.refs)
}

func (c *call) leave() {
	for _, h := range c.marks {
		windows.CloseHandle(h)
	}
	c.owner.setWait(nil)
	for _, o := range c.refs {
		o.leave(&c.sleeper)
		retract(o, &c.sleeper)
	}
	giveEntry(c.sleeper.entered)
	c.sleeper.entered = 0
}

// result makes the result of what the kernel returned for a success.
func (c *call) result(code uint32) backend.WaitResult {
	wasAbandoned := code >= win32.WAIT_ABANDONED_0 && code < win32.WAIT_ABANDONED_0+backend.MaxWait
	if wasAbandoned {
		code -= win32.WAIT_ABANDONED_0
	}
	var r backend.WaitResult
	if !c.all {
		r.Index = int(code)
	}
	switch {
	case !wasAbandoned:
	case c.all:
		r.Abandoned = c.whichAbandoned()
	default:
		r.Abandoned = 1 << r.Index
	}
	return r
}

// acquired notes that t has locked the mutexes of a wait that succeeded.
func (c *call) acquired(t *thread, result backend.WaitResult) {
	for i, o := range c.refs {
		if c.mutexes>>i&1 == 0 || !c.all && i != result.Index {
			continue
		}
		t.hold(1)
		if c.owner == nil {
			o.hold(t)
		}
	}
}
