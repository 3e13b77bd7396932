package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

// The exit statuses. That of a signal and those of a command that cannot be
// started are the shell's.
const (
	exitDone          = 0
	exitFailed        = 1
	exitUsage         = 2
	exitTimedOut      = 124
	exitNotExecutable = 126
	exitNotFound      = 127
	exitSignalled     = 128 // + the signal's number
	exitInterrupted   = 130
	exitBrokenPipe    = exitSignalled + 13 // SIGPIPE: whoever read the output has gone
)

// A statusError ends the command with a status, and with a message unless err
// is nil.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// usage is the error for arguments or flags that make no sense.
func usage(format string, args ...any) error {
	return &statusError{exitUsage, fmt.Errorf(format, args...)}
}

// report tells err to the user and gives the status for it.
func (a *app) report(c *cobra.Command, err error) int {
	if err == nil {
		return exitDone
	}
	status := a.statusOf(err)
	if s := (*statusError)(nil); status == exitBrokenPipe || errors.As(err, &s) && s.err == nil {
		return status
	}
	a.complain("%s", err)
	if status == exitUsage && c != nil {
		fmt.Fprintf(a.err, "usage: %s (more: %s --help)\n", c.UseLine(), c.CommandPath())
	}
	return status
}

func (a *app) statusOf(err error) int {
	var s *statusError
	switch {
	case errors.As(err, &s):
		return s.status
	case isBrokenPipe(err):
		return exitBrokenPipe
	case a.running == nil, errors.Is(err, ipc.ErrInvalidName):
		return exitUsage
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimedOut
	case errors.Is(err, context.Canceled) && a.signals.interrupted():
		return exitInterrupted
	default:
		return exitFailed
	}
}

// complain writes one line to the standard error. Arguments and names that
// others chose may be part of it.
func (a *app) complain(format string, args ...any) {
	text := strings.TrimPrefix(fmt.Sprintf(format, args...), "ipc: ")
	fmt.Fprintf(a.err, "ipc: %s\n", visible(strings.ReplaceAll(strings.TrimSpace(text), "\n", ": ")))
}

// ended turns the error of a wait that the user limited or interrupted into
// one that says so; late says what did not happen.
func (a *app) ended(err error, late string, args ...any) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		when := " at once"
		if a.timeout.limit > 0 {
			when = fmt.Sprintf(" within %v", a.timeout.limit)
		}
		return &statusError{exitTimedOut, fmt.Errorf(late+"%s", append(args, when)...)}
	case errors.Is(err, context.Canceled) && a.signals.interrupted():
		return a.interruption()
	}
	return err
}

func (a *app) interruption() error {
	return &statusError{exitInterrupted, errors.New("interrupted")}
}
