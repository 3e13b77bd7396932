package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"
)

// afterDash checks the arguments NAME -- CMD….
func (a *app) afterDash(c *cobra.Command, args []string) error {
	dash := c.ArgsLenAtDash()
	switch {
	case len(args) == 0 || dash == 0:
		return usage("NAME is missing")
	case dash < 0 && len(args) == 1, dash == 1 && len(args) == 1:
		return usage("the command to run is missing: write it after --")
	case dash < 0:
		return usage("write -- before the command to run: %s …", a.advice(c.Parent().Name(), c.Name(), args[0], "--", args[1]))
	case dash > 1:
		return usage("%q is one argument too many: only NAME stands before --", args[1])
	}
	return nil
}

// command prepares the child of a run, before anything is waited for: a
// command that does not exist should fail at once.
func (a *app) command(argv []string) (*exec.Cmd, error) {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, cannotStart(argv[0], err)
	}
	c := exec.Command(path, argv[1:]...)
	c.Args[0] = argv[0]
	c.Stdin, c.Stdout, c.Stderr = a.in, a.out, a.err
	return c, nil
}

// runChild runs a child to its end, gives it the signals that come and
// returns its status as an error if it is not 0.
func (a *app) runChild(c *exec.Cmd) error {
	runtime.LockOSThread() // startTied needs it
	defer runtime.UnlockOSThread()
	if err := a.signals.start(c); errors.Is(err, context.Canceled) {
		return a.interruption()
	} else if err != nil {
		return cannotStart(c.Args[0], err)
	}
	err := c.Wait()
	a.signals.ended()
	if c.ProcessState == nil {
		return err
	}
	if status := childStatus(c.ProcessState); status != 0 {
		return &statusError{status: status}
	}
	return err
}

func cannotStart(name string, err error) error {
	status := exitNotExecutable
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		status = exitNotFound
	}
	// The outer error repeats the name.
	if e := (*exec.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	return &statusError{status, fmt.Errorf("cannot run %s: %w", shellWord(name), err)}
}

// afterRun puts what a run's child returned and what giving back returned
// together. The child's status comes first.
func (a *app) afterRun(child, giveBack error) error {
	if child != nil && giveBack != nil {
		a.complain("%s", giveBack)
		return child
	}
	return errors.Join(child, giveBack)
}
