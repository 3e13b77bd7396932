package backend

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// The sentinels that every backend returns. The root package exports them
// under the same names; those that have a meaning in the standard library are
// the standard library's own values.
var (
	ErrClosed      = os.ErrClosed
	ErrNotExist    = fs.ErrNotExist
	ErrExist       = fs.ErrExist
	ErrPermission  = fs.ErrPermission
	ErrInvalid     = fs.ErrInvalid
	ErrUnsupported = errors.ErrUnsupported
	ErrShortBuffer = io.ErrShortBuffer

	ErrNotOwner          = errors.New("not the owner of the mutex")
	ErrTooManyPosts      = errors.New("the semaphore's maximum would be exceeded")
	ErrWrongType         = errors.New("the name belongs to an object of another type")
	ErrInvalidName       = errors.New("invalid name")
	ErrInvalidUse        = errors.New("invalid use")
	ErrMailslotEmpty     = errors.New("the mailslot is empty")
	ErrMailslotFull      = errors.New("the mailslot is full")
	ErrMessageTooBig     = errors.New("the message is too big")
	ErrMessageTooComplex = errors.New("the value cannot be made a message")
	ErrNoProcess         = errors.New("no such process")
	ErrNoSpace           = errors.New("no space left in the namespace")
	ErrCorrupt           = errors.New("the namespace is damaged")
	ErrVersion           = errors.New("the namespace has another format version")
	ErrDeleted           = errors.New("the namespace was deleted under its users")
	ErrStalled           = errors.New("the lock of the namespace is held by a process that does not move")
)
