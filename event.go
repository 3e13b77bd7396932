package ipc

import (
	"context"

	"github.com/winsys-go/ipc/internal/backend"
)

// An Event is a flag that processes wait for. A manual-reset event stays set
// until it is reset and releases everybody who waits; an auto-reset event
// releases one wait and is unset by it.
//
// Its methods may be called from any goroutine. A nil or closed Event gives
// errors, never a panic.
type Event struct {
	native engineEvent
	name   string
}

// EventOptions are the attributes of a new event. Nil and the zero value mean
// an unset auto-reset event. They are ignored when the event exists already.
type EventOptions struct {
	// ManualReset: the event stays set until Reset.
	ManualReset bool
	// InitiallySet: the event starts set.
	InitiallySet bool
	// Permanent keeps the event when its last handle is closed, until it is
	// removed or the machine restarts. [ErrUnsupported] on Windows.
	Permanent bool
	// Security is a security descriptor in SDDL, on Windows.
	// [ErrUnsupported] elsewhere: the namespace is the boundary.
	Security string
}

// CreateEvent creates the event name, or opens it when it exists, whatever its
// attributes; Existed tells which. An empty name makes an anonymous event. The
// event lives until the last handle to it, of any process, is closed.
//
//   - [ErrWrongType]: an object of another type has that name.
//   - [ErrInvalidName]: a backslash outside the prefixes Local\ and Global\,
//     more than 1024 bytes, or not UTF-8.
//   - the errors of [OpenNamespace].
func CreateEvent(name string, o *EventOptions) (*Event, error) { return createEvent(nil, name, o) }

// CreateEvent is like the function [CreateEvent], in n.
func (n *Namespace) CreateEvent(name string, o *EventOptions) (*Event, error) {
	if n == nil {
		return nil, failNil("create event")
	}
	return createEvent(n, name, o)
}

func createEvent(n *Namespace, name string, o *EventOptions) (*Event, error) {
	if o == nil {
		o = &EventOptions{}
	}
	e := &Event{name: name}
	err := checkSecurity(o.Security)
	if err == nil {
		err = create(n, &e.native.Object, backend.Spec{
			Kind: backend.Event, Name: name, Permanent: o.Permanent,
			ManualReset: o.ManualReset, Set: o.InitiallySet, Security: o.Security,
		})
	}
	if err != nil {
		return nil, fail("create event", name, err)
	}
	return e, nil
}

// OpenEvent opens the existing event name.
//
//   - [ErrNotExist]: no live process has it open.
//   - [ErrWrongType], [ErrInvalidName]: as for [CreateEvent]; an empty name is
//     invalid.
func OpenEvent(name string) (*Event, error) { return openEvent(nil, name) }

// OpenEvent is like the function [OpenEvent], in n.
func (n *Namespace) OpenEvent(name string) (*Event, error) {
	if n == nil {
		return nil, failNil("open event")
	}
	return openEvent(n, name)
}

func openEvent(n *Namespace, name string) (*Event, error) {
	e := &Event{name: name}
	if err := open(n, &e.native.Object, backend.Event, name); err != nil {
		return nil, fail("open event", name, err)
	}
	return e, nil
}

// Set sets the event. Every wait that it satisfies, all that are blocked on a
// manual-reset event or the longest blocked on an auto-reset one, has
// succeeded before Set returns. Setting a set event changes nothing.
func (e *Event) Set() error {
	if e != nil && e.native.SetFast() {
		return nil
	}
	if e == nil {
		return failNil("set event")
	}
	if err := e.native.Set(); err != nil {
		return fail("set event", e.name, err)
	}
	return nil
}

// Reset unsets the event. Waits that were released already are not affected.
func (e *Event) Reset() error {
	if e == nil {
		return failNil("reset event")
	}
	if err := e.native.Reset(); err != nil {
		return fail("reset event", e.name, err)
	}
	return nil
}

// Pulse releases the waits that Set would release at this instant, then leaves
// the event unset. On Windows it may miss a wait that the kernel has interrupted
// at this instant.
func (e *Event) Pulse() error {
	if e == nil {
		return failNil("pulse event")
	}
	if err := e.native.Pulse(); err != nil {
		return fail("pulse event", e.name, err)
	}
	return nil
}

// IsSet reports whether the event is set, and never consumes the signal.
func (e *Event) IsSet() (bool, error) {
	if e == nil {
		return false, failNil("query event")
	}
	set, err := e.native.IsSet()
	if err != nil {
		return false, fail("query event", e.name, err)
	}
	return set, nil
}

// Wait blocks until the event is set or ctx is done; an auto-reset event is
// unset by it. A set event wins over a ctx that is done already. On failure
// nothing was consumed and the handle stays usable.
//
//   - [ErrClosed]: the handle was closed before or during the wait.
//   - the context's error.
func (e *Event) Wait(ctx context.Context) error {
	if e == nil {
		return failNil("wait for event")
	}
	if err := e.native.Wait(ctx); err != nil {
		return fail("wait for event", e.name, err)
	}
	return nil
}

// TryWait reports whether the event is set, without blocking; an auto-reset
// event is unset by it.
func (e *Event) TryWait() (bool, error) {
	if e != nil && e.native.TakeFast() {
		return true, nil
	}
	if e == nil {
		return false, failNil("wait for event")
	}
	ok, err := e.native.TryWait()
	if err != nil {
		return false, fail("wait for event", e.name, err)
	}
	return ok, nil
}

// Name gives the name that the event was created or opened with.
func (e *Event) Name() string {
	if e == nil {
		return ""
	}
	return e.name
}

// Existed reports whether CreateEvent found the event in existence.
func (e *Event) Existed() bool { return e != nil && e.native.Existed() }

// Info describes the event, its handles and its waits at one instant.
func (e *Event) Info() (Info, error) {
	if e == nil {
		return Info{}, failNil("query event")
	}
	return info("query event", e.name, &e.native.Object)
}

// String names the event for people.
func (e *Event) String() string { return describe(backend.Event, e.Name()) }

// Close closes the handle; its blocked waits return ErrClosed. The event is
// gone when its last handle is. Closing it again does nothing.
func (e *Event) Close() error {
	if e == nil {
		return failNil("close event")
	}
	return closeObject("close event", e.name, &e.native.Object)
}

func (e *Event) ref() (reference, error) {
	if e == nil {
		return reference{}, errNilObject
	}
	return reference{object: &e.native.Object}, nil
}
