package ipc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/winsys-go/ipc/internal/backend"
)

// The errors that this package returns wrap one of these. Those with a
// meaning in the standard library are its values, so errors.Is(err,
// fs.ErrNotExist) holds too. A wait that a context ends returns the context's
// own error, wrapped likewise.
var (
	// ErrClosed: the handle is closed, or was closed during the wait.
	ErrClosed = backend.ErrClosed
	// ErrNotExist: no live process has an object of that name open.
	ErrNotExist = backend.ErrNotExist
	// ErrExist: the name is taken and cannot be shared.
	ErrExist = backend.ErrExist
	// ErrPermission: the namespace belongs to somebody else, or is open to
	// people that it should not be open to.
	ErrPermission = backend.ErrPermission
	// ErrInvalid: an argument is out of its range. Nothing was changed.
	ErrInvalid = backend.ErrInvalid
	// ErrUnsupported: this system cannot honour what was asked for.
	ErrUnsupported = backend.ErrUnsupported

	// ErrNotOwner: only the owner that locked a mutex may unlock it.
	ErrNotOwner = backend.ErrNotOwner
	// ErrTooManyPosts: a release beyond the semaphore's maximum. The count is
	// unchanged.
	ErrTooManyPosts = backend.ErrTooManyPosts
	// ErrWrongType: the name belongs to an object of another type.
	ErrWrongType = backend.ErrWrongType
	// ErrInvalidName: a name that no object can have.
	ErrInvalidName = backend.ErrInvalidName
	// ErrInvalidUse: an operation that this end or state does not have.
	ErrInvalidUse = backend.ErrInvalidUse
	// ErrMailslotEmpty: there is no message, or none came in the time that the
	// mailslot's ReadTimeout allows.
	ErrMailslotEmpty = backend.ErrMailslotEmpty
	// ErrMailslotFull: there is no room for the message. Nothing was sent.
	ErrMailslotFull = backend.ErrMailslotFull
	// ErrMessageTooBig: the message is longer than the mailslot takes. Nothing
	// was sent.
	ErrMessageTooBig = backend.ErrMessageTooBig
	// ErrMessageTooComplex: the codec cannot make a message of the value.
	// Nothing was sent.
	ErrMessageTooComplex = backend.ErrMessageTooComplex
	// ErrShortBuffer: the message does not fit into the buffer. It stays where
	// it was.
	ErrShortBuffer = backend.ErrShortBuffer
	// ErrNoProcess: no process has that id.
	ErrNoProcess = backend.ErrNoProcess
	// ErrNoSpace: the namespace, or the file system below it, is full.
	ErrNoSpace = backend.ErrNoSpace
	// ErrCorrupt: the namespace's shared memory holds what no version of this
	// package writes.
	ErrCorrupt = backend.ErrCorrupt
	// ErrVersion: the namespace was made by a version of this package with
	// another format.
	ErrVersion = backend.ErrVersion
	// ErrStalled: a process that does not move, because it is stopped or in a
	// debugger, holds what others need: the namespace's lock, that of those who make
	// pipes, or the turn to write to a mailslot. Nothing was changed.
	ErrStalled = backend.ErrStalled
	// ErrDeleted: the namespace's files were removed while it was in use, so
	// that new processes no longer meet this one.
	ErrDeleted = backend.ErrDeleted
)

// Error is the type of the errors that this package returns. It names the
// operation and the object, and wraps the cause.
type Error struct {
	Op   string // the operation and the kind of object: "open event"
	Name string // the object's name; empty for an anonymous one
	Err  error  // the cause; wraps one of the sentinels, or the context's error
}

// Error gives the operation, the object, the cause and, where there is one,
// the way out.
func (e *Error) Error() string {
	text := "ipc: " + e.Op
	if e.Name != "" {
		text += " " + quoted(e.Name)
	}
	text += ": " + e.Err.Error()
	if hint := cmp.Or(pipeWayOut(e), wayOut(e.Op, e.Err)); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

// maxQuoted is more than any name or directory has.
const maxQuoted = 4096

// quoted is a name for people. What is too long to be one is cut: it may come
// from anybody, and fill a log.
func quoted(name string) string {
	if len(name) > maxQuoted {
		return fmt.Sprintf("%.40q…", name)
	}
	return strconv.Quote(name)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether a deadline passed, as net.Error does.
func (e *Error) Timeout() bool {
	return errors.Is(e.Err, context.DeadlineExceeded) || errors.Is(e.Err, os.ErrDeadlineExceeded)
}

// Temporary is Timeout. It makes an Error a net.Error, which users of pipes
// look for.
func (e *Error) Temporary() bool { return e.Timeout() }

// wayOut says what to do about errors whose own text does not. Only bare
// sentinels are looked up: a cause that was wrapped with more words has said
// it already.
func wayOut(op string, err error) string {
	switch err {
	case ErrClosed:
		return "open the object again: a closed handle cannot be used"
	case ErrNotExist:
		if op == "remove" {
			return "no live process has it open, and it is not permanent"
		}
		return "no live process has it open: create it first"
	case ErrNotOwner:
		return "unlock it through the handle or the Owner that locked it"
	case ErrTooManyPosts:
		return "the count is unchanged: release only what was acquired"
	case ErrWrongType:
		return "events, mutexes, semaphores and timers share their names: choose another"
	case ErrMailslotEmpty:
		return "wait for a message with Get, or set a longer ReadTimeout"
	case ErrMailslotFull:
		return "wait for room with Put, or create it with a larger QueueBytes"
	case ErrShortBuffer:
		return "the message is still there: read it into a larger buffer"
	case ErrCorrupt:
		return "stop its users, remove the file segment in its directory and start again"
	}
	return ""
}

// fail wraps err for the caller. It is never called with nil.
func fail(op, name string, err error) error {
	return &Error{Op: op, Name: name, Err: err}
}

// failNil is the error for a method of a nil handle.
func failNil(op string) error {
	return &Error{Op: op, Err: fmt.Errorf("the handle is nil: %w", ErrInvalid)}
}
