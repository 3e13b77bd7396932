package ipc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
)

// Inheritable is what [Inherit] hands to a child process: *Event, *Mutex,
// *Semaphore and *Timer, named or anonymous, and *PipeReader, *PipeWriter and
// *PipeConn.
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

	undo func() // takes back what was made for the child
}

// The types of what is not an object of a namespace.
const (
	readerType = "pipe reader"
	writerType = "pipe writer"
	connType   = "pipe"
)

// Inherit hands objects to the child process that cmd will start. The child finds
// them in the same order by [Inherited]; those of several calls follow each other.
// It must come before cmd is started, for one child, and uses the variable
// IPC_INHERITED of cmd.Env; on Windows also AdditionalInheritedHandles, in a copy of
// cmd.SysProcAttr, in whose place it puts that.
//
// The child has handles of its own: closing one here changes nothing there. An
// object that nobody else has open lives on for the child from Inherit on, until
// cmd is forgotten or, on Linux, this process ends before the child has called
// Inherited. A mutex does not change its owner.
//
// The end of a pipe is different: close it here when cmd was started, and not
// before, which would take it from cmd as well. A reader is at its end when all
// writers are closed, so one that stays open here keeps the child's, or this
// process's own, waiting. A [PipeReader] or [PipeWriter] can be used here and there
// at once. A [PipeConn] belongs to the child from Inherit on, and can only be closed
// here; on Linux its Disconnect there does not take back what has arrived at the
// client.
//
// When Inherit fails, nothing was handed over.
//
//   - [ErrInvalid]: an object is nil, or cmd has been started, or by its SysProcAttr
//     it inherits nothing.
//   - [ErrClosed]: an object is closed.
//   - [ErrInvalidUse]: a PipeConn is in the midst of a message, is being read from
//     or written to, was handed over before or, on Linux, has moved so much that its
//     data go through memory (some 256 KiB): hand it over before that.
//   - [ErrNoSpace]: these are more objects than fit into a variable; it is about a
//     thousand on Linux, five hundred on Windows.
func Inherit(cmd *exec.Cmd, objs ...Inheritable) error {
	const op = "inherit"
	if cmd == nil || cmd.Process != nil {
		return fail(op, "", fmt.Errorf("%w: a command is needed that was not started yet", ErrInvalid))
	}
	gifts, err := giftsOf(cmd.Env)
	if err != nil {
		return fail(op, "", err)
	}
	before, restore := len(gifts), keep(cmd)
	name := ""
	for i, o := range objs {
		if isNil(o) {
			err = fmt.Errorf("object %d: %w", i, errNilObject)
			break
		}
		var g gift
		if g, err = o.give(cmd); err != nil {
			name = o.Name()
			break
		}
		gifts = append(gifts, g)
	}
	var text string
	if err == nil {
		text, err = textOf(gifts)
	}
	if err != nil {
		for _, g := range gifts[before:] {
			g.undo()
		}
		restore()
		return fail(op, name, err)
	}
	cmd.Env = setVariable(cmd.Env, inheritedVariable, text)
	return nil
}

// mostText is how long the text of the variable can be.
const mostText = mostVariable - len(inheritedVariable+"=") - 1

func textOf(gifts []gift) (string, error) {
	text, err := json.Marshal(shortened(gifts))
	if err == nil && len(text) > mostText {
		err = fmt.Errorf("%w: %d objects are too many for one child", ErrNoSpace, len(gifts))
	}
	return string(text), err
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
	case *PipeReader:
		return o == nil
	case *PipeWriter:
		return o == nil
	case *PipeConn:
		return o == nil
	}
	return o == nil
}

// giftsOf gives what earlier calls have put into the environment of a child. One
// that is not set is that of this process, and so is what a copy of it has: its own
// gifts are not the child's.
func giftsOf(env []string) ([]gift, error) {
	last := ""
	for _, line := range env {
		if text, ok := strings.CutPrefix(line, inheritedVariable+"="); ok {
			last = text
		}
	}
	if last == "" || last == os.Getenv(inheritedVariable) {
		return nil, nil
	}
	return parseGifts(last)
}

func parseGifts(text string) (gifts []gift, err error) {
	if err := json.Unmarshal([]byte(text), &gifts); err != nil {
		return nil, fmt.Errorf("%w: %s in the environment: %w", ErrInvalid, inheritedVariable, err)
	}
	lengthen(gifts)
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

func (e *Event) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &e.native.Object, backend.Event, e.name)
}
func (e *Event) take(g gift) error { return takeObject(&e.native.Object, backend.Event, g) }

func (m *Mutex) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &m.native.Object, backend.Mutex, m.name)
}
func (m *Mutex) take(g gift) error { return takeObject(&m.native.Object, backend.Mutex, g) }

func (s *Semaphore) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &s.native.Object, backend.Semaphore, s.name)
}
func (s *Semaphore) take(g gift) error { return takeObject(&s.native.Object, backend.Semaphore, g) }

func (t *Timer) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &t.native.Object, backend.Timer, t.name)
}
func (t *Timer) take(g gift) error { return takeObject(&t.native.Object, backend.Timer, g) }

func giveObject(cmd *exec.Cmd, o *engineObject, kind backend.Kind, name string) (gift, error) {
	g, undo, err := give(cmd, o)
	return gift{kind.String(), name, g, undo}, err
}

func takeObject(o *engineObject, kind backend.Kind, g gift) error {
	err := receive(o, kind, &g)
	if errors.Is(err, ErrPermission) {
		err = fmt.Errorf("%w: the parent and this process must be able to open the same namespace", err)
	}
	return err
}

func (r *PipeReader) give(cmd *exec.Cmd) (gift, error) {
	g, undo, err := giveFile(cmd, r.file, &r.lent)
	return gift{readerType, "", g, undo}, err
}

func (r *PipeReader) take(g gift) (err error) {
	r.file, err = receiveFile(&g)
	return err
}

func (w *PipeWriter) give(cmd *exec.Cmd) (gift, error) {
	g, undo, err := giveFile(cmd, w.file, &w.lent)
	return gift{writerType, "", g, undo}, err
}

func (w *PipeWriter) take(g gift) (err error) {
	w.file, err = receiveFile(&g)
	return err
}

func (c *PipeConn) give(cmd *exec.Cmd) (gift, error) {
	if !c.ready() {
		return gift{}, ErrClosed
	}
	g, undo, err := giveConn(cmd, c)
	return gift{connType, c.name, g, undo}, err
}

func (c *PipeConn) take(g gift) error { return receiveConn(c, g.gifted) }

// lentFiles are the duplicates of an end of a pipe that commands have, which are
// to be closed with it.
type lentFiles struct {
	mu    sync.Mutex
	files map[io.Closer]bool
}

func (l *lentFiles) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for f := range l.files {
		f.Close()
	}
	l.files = nil
}
