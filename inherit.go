package ipc

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
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
