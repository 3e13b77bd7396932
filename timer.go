package ipc

import (
	"context"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Timer is signalled when it is due: after a time, at a time of day, and
// then periodically if it has a period. A manual-reset timer stays signalled
// until it is set again; an auto-reset timer (a "synchronization timer")
// releases one wait. Periods that pass with nobody waiting leave one signal,
// not many.
//
// It belongs to no process: a timer that was set fires as long as the object
// lives, whatever becomes of the one who set it.
type Timer struct {
	native engineTimer
	name   string
}

// TimerOptions are the attributes of a new timer. Nil and the zero value mean
// an auto-reset timer. They are ignored when the timer exists already.
type TimerOptions struct {
	// ManualReset: the timer stays signalled until it is set again.
	ManualReset bool
	// Permanent keeps the timer when its last handle is closed, until it is
	// removed or the machine restarts. [ErrUnsupported] on Windows.
	Permanent bool
	// Security is a security descriptor in SDDL, on Windows.
	// [ErrUnsupported] elsewhere.
	Security string
}

// CreateTimer creates the timer name, or opens it when it exists; Existed tells
// which. An empty name makes an anonymous timer. A new timer is neither set
// nor signalled. The errors are those of [CreateEvent].
func CreateTimer(name string, o *TimerOptions) (*Timer, error) { return createTimer(nil, name, o) }

// CreateTimer is like the function [CreateTimer], in n.
func (n *Namespace) CreateTimer(name string, o *TimerOptions) (*Timer, error) {
	if n == nil {
		return nil, failNil("create timer")
	}
	return createTimer(n, name, o)
}

func createTimer(n *Namespace, name string, o *TimerOptions) (*Timer, error) {
	if o == nil {
		o = &TimerOptions{}
	}
	t := &Timer{name: name}
	err := checkSecurity(o.Security)
	if err == nil {
		err = create(n, &t.native.Object, backend.Spec{
			Kind: backend.Timer, Name: name, Permanent: o.Permanent, ManualReset: o.ManualReset,
			Security: o.Security,
		})
	}
	if err != nil {
		return nil, fail("create timer", name, err)
	}
	return t, nil
}

// OpenTimer opens the existing timer name. The errors are those of
// [OpenEvent].
func OpenTimer(name string) (*Timer, error) { return openTimer(nil, name) }

// OpenTimer is like the function [OpenTimer], in n.
func (n *Namespace) OpenTimer(name string) (*Timer, error) {
	if n == nil {
		return nil, failNil("open timer")
	}
	return openTimer(n, name)
}

func openTimer(n *Namespace, name string) (*Timer, error) {
	t := &Timer{name: name}
	if err := open(n, &t.native.Object, backend.Timer, name); err != nil {
		return nil, fail("open timer", name, err)
	}
	return t, nil
}

// Set makes the timer due once after has passed, and then every period if
// period is not 0. It forgets an earlier due time and clears the signal. An
// after of 0 is due at once. The clock is monotonic: setting the time of day
// does not change it, and on Linux it stands still while the machine is suspended.
//
//   - [ErrInvalid]: after or period is negative. The timer is unchanged.
//
// # Windows notes
//
// A period is rounded up to whole milliseconds. One of more than 24 days is
// [ErrInvalid].
func (t *Timer) Set(after, period time.Duration) error {
	if t == nil {
		return failNil("set timer")
	}
	if err := t.native.Set(after, period); err != nil {
		return fail("set timer", t.name, err)
	}
	return nil
}

// SetAt is like Set with a time of day, which follows the clock when that is
// set. A time in the past is due at once. The period, if any, is then counted
// on the monotonic clock.
//
//   - [ErrInvalid]: period is negative. The timer is unchanged.
func (t *Timer) SetAt(at time.Time, period time.Duration) error {
	if t == nil {
		return failNil("set timer")
	}
	if err := t.native.SetAt(at, period); err != nil {
		return fail("set timer", t.name, err)
	}
	return nil
}

// Cancel makes the timer no longer due. A signal that is there already stays.
// Cancelling a timer that is not due is no error.
func (t *Timer) Cancel() error {
	if t == nil {
		return failNil("cancel timer")
	}
	if err := t.native.Cancel(); err != nil {
		return fail("cancel timer", t.name, err)
	}
	return nil
}

// Wait blocks until the timer is signalled or ctx is done; an auto-reset
// timer's signal is consumed. On failure nothing was consumed and the handle
// stays usable.
//
//   - [ErrClosed]: the handle was closed before or during the wait.
//   - the context's error.
func (t *Timer) Wait(ctx context.Context) error {
	if t == nil {
		return failNil("wait for timer")
	}
	if err := t.native.Wait(ctx); err != nil {
		return fail("wait for timer", t.name, err)
	}
	return nil
}

// TryWait reports whether the timer is signalled, without blocking; an
// auto-reset timer's signal is consumed.
func (t *Timer) TryWait() (bool, error) {
	if t == nil {
		return false, failNil("wait for timer")
	}
	ok, err := t.native.TryWait()
	if err != nil {
		return false, fail("wait for timer", t.name, err)
	}
	return ok, nil
}

// Name gives the name that the timer was created or opened with.
func (t *Timer) Name() string {
	if t == nil {
		return ""
	}
	return t.name
}

// Existed reports whether CreateTimer found the timer in existence.
func (t *Timer) Existed() bool { return t != nil && t.native.Existed() }

// Info describes the timer, its due time, handles and waits at one instant.
func (t *Timer) Info() (Info, error) {
	if t == nil {
		return Info{}, failNil("query timer")
	}
	return info("query timer", t.name, &t.native.Object)
}

// String names the timer for people.
func (t *Timer) String() string { return describe(backend.Timer, t.Name()) }

// Close closes the handle; its blocked waits return ErrClosed. The timer is
// gone when its last handle is. Closing it again does nothing.
func (t *Timer) Close() error {
	if t == nil {
		return failNil("close timer")
	}
	return closeObject("close timer", t.name, &t.native.Object)
}

func (t *Timer) ref() (reference, error) {
	if t == nil {
		return reference{}, errNilObject
	}
	return reference{object: &t.native.Object}, nil
}
