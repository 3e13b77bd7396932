package ipc

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
)

// Inheritable is what [Inherit] hands to a child process: *Event, *Mutex,
// *Semaphore and *Timer, named or anonymous.
type Inheritable interface {
	// Name gives the object's name; empty for an anonymous one.
	Name() string

	// give makes what the child needs to have the object.
	give(cmd *exec.Cmd) (gift, error)
	// take makes the receiver, which is new, the object that was given.
	take(g gift) error
}

// inheritedVariable is the variable of the environment that tells a child what
// it has inherited.
const inheritedVariable = "IPC_INHERITED"

// A gift is one object in that variable. Which fields there are depends on the
// system.
type gift struct {
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	gifted
}

// Inherit hands objects to the child process that cmd will start. The child finds
// them in the same order by [Inherited]; those of several calls follow each other.
// It must come before cmd is started, for one child, and uses the variable
// IPC_INHERITED of cmd.Env.
//
// The child has handles of its own: closing one here changes nothing there. An
// object that nobody else has open lives on for the child from Inherit on, until
// cmd is forgotten or, on Linux, this process ends before the child has called
// Inherited. A mutex does not change its owner.
//
//   - [ErrInvalid]: an object is nil, or cmd has been started.
//   - [ErrClosed]: an object is closed.
func Inherit(cmd *exec.Cmd, objs ...Inheritable) error {
	const op = "inherit"
	if cmd == nil || cmd.Process != nil {
		return fail(op, "", fmt.Errorf("%w: a command is needed that was not started yet", ErrInvalid))
	}
	gifts, err := giftsOf(cmd.Env)
	if err != nil {
		return fail(op, "", err)
	}
	for i, o := range objs {
		if isNil(o) {
			return fail(op, "", fmt.Errorf("object %d: %w", i, errNilObject))
		}
		g, err := o.give(cmd)
		if err != nil {
			return fail(op, o.Name(), err)
		}
		gifts = append(gifts, g)
	}
	text, err := json.Marshal(gifts)
	if err != nil {
		return fail(op, "", err)
	}
	cmd.Env = setVariable(cmd.Env, inheritedVariable, string(text))
	return nil
}

// isNil reports whether there is no object, or a pointer to none.
func isNil(o Inheritable) bool {
	switch o := o.(type) {
	case *Event:
		return o == nil
	case *Mutex:
		return o == nil
	case *Semaphore:
		return o == nil
	case *Timer:
		return o == nil
	}
	return o == nil
}

// giftsOf gives what earlier calls have put into an environment. One that is not
// set is that of this process, whose own gifts are not the child's.
func giftsOf(env []string) (gifts []gift, err error) {
	for _, line := range env {
		if text, ok := strings.CutPrefix(line, inheritedVariable+"="); ok {
			gifts = nil
			if err := json.Unmarshal([]byte(text), &gifts); err != nil {
				return nil, fmt.Errorf("%w: %s in the environment: %w", ErrInvalid, inheritedVariable, err)
			}
		}
	}
	return gifts, nil
}

// setVariable sets a variable of an environment; an unset one is that of this
// process.
func setVariable(env []string, name, value string) []string {
	if env == nil {
		env = os.Environ()
	}
	var kept []string
	for _, line := range env {
		if !strings.HasPrefix(line, name+"=") {
			kept = append(kept, line)
		}
	}
	return append(kept, name+"="+value)
}

// Inherited gives the object number i that the parent has handed to this process
// by [Inherit], counted from 0:
//
//	ready, err := ipc.Inherited[*ipc.Event](0)
//
// Each can be had once: the handle is then the caller's to close. The first call
// takes IPC_INHERITED out of the environment, so that children of this process
// do not take it for theirs.
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
		legacy.gifts, legacy.err = giftsOf(os.Environ())
		os.Unsetenv(inheritedVariable)
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

func (e *Event) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &e.native.Object, backend.Event, e.name)
}
func (e *Event) take(g gift) error { return takeObject(&e.native.Object, g) }

func (m *Mutex) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &m.native.Object, backend.Mutex, m.name)
}
func (m *Mutex) take(g gift) error { return takeObject(&m.native.Object, g) }

func (s *Semaphore) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &s.native.Object, backend.Semaphore, s.name)
}
func (s *Semaphore) take(g gift) error { return takeObject(&s.native.Object, g) }

func (t *Timer) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &t.native.Object, backend.Timer, t.name)
}
func (t *Timer) take(g gift) error { return takeObject(&t.native.Object, g) }

func giveObject(cmd *exec.Cmd, o *engineObject, kind backend.Kind, name string) (gift, error) {
	g, err := give(cmd, o)
	return gift{kind.String(), name, g}, err
}

func takeObject(o *engineObject, g gift) error {
	err := receive(o, g.gifted)
	if errors.Is(err, ErrPermission) {
		err = fmt.Errorf("%w: the parent and this process must be able to open the same namespace", err)
	}
	return err
}
