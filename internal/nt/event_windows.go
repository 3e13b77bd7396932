package nt

import (
	"context"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// SetFast is not possible.
func (e *Event) SetFast() bool { return false }

// TakeFast is not possible.
func (e *Event) TakeFast() bool { return false }

// Set sets the event.
func (e *Event) Set() error { return e.using(windows.SetEvent) }

// Reset unsets the event.
func (e *Event) Reset() error { return e.using(windows.ResetEvent) }

// Pulse releases those who wait now, and leaves the event unset.
func (e *Event) Pulse() error { return e.using(windows.PulseEvent) }

// IsSet reports whether the event is set.
func (e *Event) IsSet() (set bool, err error) {
	err = e.using(func(h windows.Handle) error {
		info, err := win32.QueryEvent(h)
		set = info.State != 0
		return err
	})
	return set, err
}

// Wait blocks until the event is set, and consumes the signal.
func (e *Event) Wait(ctx context.Context) error { return e.wait(ctx) }

// TryWait consumes the signal if there is one.
func (e *Event) TryWait() (bool, error) { return e.tryWait() }

func (o *Object) wait(ctx context.Context) error {
	_, err := Wait(ctx, nil, false, []*Object{o})
	return err
}

func (o *Object) tryWait() (bool, error) {
	err := o.wait(ended)
	if err == context.Canceled {
		return false, nil
	}
	return err == nil, err
}
