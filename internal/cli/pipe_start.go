package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A served is a command that serves a client, with the ends of its pipes.
type served struct {
	cmd *exec.Cmd
	in  *os.File // to its standard input
	out *os.File // from its standard output
}

func (s *served) close() {
	s.in.Close()
	s.out.Close()
}

// start starts the command. While the system has no descriptors or processes for
// it, it waits, as the listener does that has none to accept with: the client is
// connected, and finds the pipe slow, not broken.
func (s *pipeServer) start(ctx context.Context) (*served, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, longestPause) {
		c, err := s.startNow(ctx)
		if !isScarce(err) {
			return c, err
		}
		s.scarce.Do(func() { s.complain(scarcity{err}) })
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// longestPause is between two attempts to start a command.
const longestPause = 100 * time.Millisecond

// A scarcity is what is said, once, when a command has to wait.
type scarcity struct{ err error }

func (s scarcity) Error() string {
	return "cannot be started for the moment, clients wait until it can: " + s.err.Error()
}

// isScarce reports whether an error is that the system, or this process, has used
// up what others will give back.
func isScarce(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// startNow starts the command, or leaves nothing behind.
func (s *pipeServer) startNow(ctx context.Context) (_ *served, err error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirIn.Close()
	out, theirOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, err
	}
	defer theirOut.Close()
	cmd := exec.CommandContext(ctx, s.path, s.argv[1:]...)
	cmd.Args[0] = s.argv[0]
	cmd.Cancel = func() error { return terminate(cmd.Process) }
	cmd.WaitDelay = patience
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirIn, theirOut, s.app.err
	c := &served{cmd, in, out}
	if err := startTied(cmd); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// terminate tells a process to end, where that can be told.
func terminate(p *os.Process) error {
	if err := p.Signal(syscall.SIGTERM); err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.Kill()
}
