package ipc

import (
	"fmt"
	"os"
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
)

// Inherited gives the object number i that the parent has handed to this process
// by [Inherit], counted from 0:
//
//	ready, err := ipc.Inherited[*ipc.Event](0)
//
// Each can be had once: the handle is then the caller's to close. The first call
// takes IPC_INHERITED out of the environment, and keeps the pipes from children of
// this process, so that they do not take them for theirs. A process should take all
// that it was given: the other ends of a pipe that nobody takes wait until it ends.
//
//   - [ErrNotExist]: there is no such object, it was taken already or, on Linux,
//     the parent has ended before.
//   - [ErrWrongType]: it is of another type.
func Inherited[T Inheritable](i int) (T, error) {
	var none T
	o, err := inherited(i, newInheritable[T])
	if err != nil {
		return none, fail("take what was inherited", fmt.Sprint(i), err)
	}
	return o.(T), nil
}

// newInheritable makes an object to receive a gift of a type.
func newInheritable[T Inheritable](g *gift) (Inheritable, error) {
	o := emptyOf(g.Type, g.Name)
	if o == nil {
		return nil, fmt.Errorf("%w: there is no type %q", ErrInvalid, g.Type)
	}
	if _, ok := o.(T); !ok {
		return nil, fmt.Errorf("%w: it is %s", ErrWrongType, g.Type)
	}
	return o, nil
}

func emptyOf(kind, name string) Inheritable {
	switch kind {
	case backend.Event.String():
		return &Event{name: name}
	case backend.Mutex.String():
		return &Mutex{name: name}
	case backend.Semaphore.String():
		return &Semaphore{name: name}
	case backend.Timer.String():
		return &Timer{name: name}
	case readerType:
		return &PipeReader{}
	case writerType:
		return &PipeWriter{}
	case connType:
		return &PipeConn{name: name}
	}
	return nil
}

// legacy is what this process has inherited.
var legacy struct {
	mu    sync.Mutex
	read  bool
	gifts []gift
	taken map[int]bool
	err   error
}

var errNotInherited = fmt.Errorf("%w: the parent has not handed over so many objects", ErrNotExist)

func inherited(i int, empty func(*gift) (Inheritable, error)) (Inheritable, error) {
	legacy.mu.Lock()
	defer legacy.mu.Unlock()
	if !legacy.read {
		legacy.read = true
		legacy.taken = map[int]bool{}
		if text, ok := os.LookupEnv(inheritedVariable); ok {
			legacy.gifts, legacy.err = parseGifts(text)
		}
		os.Unsetenv(inheritedVariable)
		keepFromChildren(legacy.gifts)
	}
	switch {
	case legacy.err != nil:
		return nil, legacy.err
	case i < 0 || i >= len(legacy.gifts):
		return nil, errNotInherited
	case legacy.taken[i]:
		return nil, fmt.Errorf("%w: it was taken already", ErrNotExist)
	}
	g := &legacy.gifts[i]
	o, err := empty(g)
	if err == nil {
		err = o.take(*g)
	}
	if err != nil {
		return nil, err
	}
	legacy.taken[i] = true
	return o, nil
}
