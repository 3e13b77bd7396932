package model

import "github.com/winsys-go/ipc/internal/backend"

// SetEvent sets an event. It releases everybody whom it can satisfy if the
// event is manual-reset, which stays set; and if it is auto-reset, either one
// wait, which unsets it, or nobody, and then it stays set. Setting an event
// that is set changes nothing and is no error.
func (w *World) SetEvent(h HandleID) error {
	return w.event(h, func(o *Object) { o.Signaled = true })
}

// ResetEvent unsets an event.
func (w *World) ResetEvent(h HandleID) error {
	return w.event(h, func(o *Object) { o.Signaled = false })
}

// PulseEvent sets an event for those who wait at this instant only: all of
// those whom it can satisfy if it is manual-reset, one if it is auto-reset. It
// ends unset in any case, even if it was set before.
func (w *World) PulseEvent(h HandleID) error {
	return w.event(h, func(o *Object) {
		o.Signaled = true
		w.settle()
		o.Signaled = false
	})
}

func (w *World) event(h HandleID, change func(*Object)) error {
	_, o, err := w.as(backend.Event, h)
	if err != nil {
		return err
	}
	change(o)
	w.settle()
	return nil
}

// IsSet tells whether an event or a timer is signalled, and consumes nothing.
func (w *World) IsSet(h HandleID) (bool, error) {
	r, err := w.handle(h)
	if err != nil {
		return false, err
	}
	return w.object(r.Object).Signaled, nil
}
