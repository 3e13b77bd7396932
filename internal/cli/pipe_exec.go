package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/winsys-go/ipc"
)

// A pipeServer runs a command for each client of a pipe.
type pipeServer struct {
	app     *app
	path    string // of the command
	argv    []string
	message bool

	mu sync.Mutex // guards the standard error
}

// serve runs argv for each client, to which the pipe is its standard input and
// output. Those that run when it is interrupted are told to end.
func (a *app) serve(ctx context.Context, name string, o *listenOptions, argv []string) error {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return cannotStart(argv[0], err)
	}
	l, err := a.listenPipe(name, &ipc.PipeOptions{MessageMode: o.message, MaxInstances: o.most, DotNet: o.dotnet})
	if err != nil {
		return err
	}
	defer l.Close()
	s := &pipeServer{app: a, path: path, argv: argv, message: o.message}
	var running sync.WaitGroup
	defer running.Wait()
	for n := 0; o.keep || n < o.count; n++ {
		c, err := l.AcceptPipe(ctx)
		if err != nil {
			return a.ended(err, "")
		}
		running.Go(func() {
			if err := s.one(ctx, c); err != nil && ctx.Err() == nil {
				s.complain(err)
			}
		})
	}
	return nil
}

func (s *pipeServer) complain(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.complain("%s: %s", shellWord(s.argv[0]), err)
}

// patience is how long a command that was told to end has for that.
const patience = 2 * time.Second

// one serves one client.
func (s *pipeServer) one(ctx context.Context, c *ipc.PipeConn) error {
	runtime.LockOSThread() // startTied needs it
	defer runtime.UnlockOSThread()
	defer c.Close()
	cmd := exec.CommandContext(ctx, s.path, s.argv[1:]...)
	cmd.Args[0] = s.argv[0]
	cmd.Cancel = func() error { return terminate(cmd.Process) }
	cmd.WaitDelay = patience
	cmd.Stderr = s.app.err
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = startTied(cmd)
	}
	if err != nil {
		return err
	}
	// What a command has left running may keep its output open.
	defer context.AfterFunc(ctx, func() { out.Close() })()
	go func() {
		s.toCommand(in, c)
		in.Close()
	}()
	if err := s.toClient(c, out); err != nil {
		out.Close() // nobody reads it any more, which the command is to find out
	} else {
		c.CloseWrite()
	}
	if err = cmd.Wait(); errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// terminate tells a process to end, where that can be told.
func terminate(p *os.Process) error {
	if err := p.Signal(syscall.SIGTERM); err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.Kill()
}

// toCommand writes what the client sends to the command's input.
func (s *pipeServer) toCommand(in io.Writer, c *ipc.PipeConn) error {
	if !s.message {
		_, err := io.Copy(in, c)
		return err
	}
	for {
		m, err := c.ReadMessage()
		if err == nil {
			_, err = in.Write(append(m, '\n'))
		}
		if err != nil {
			return err
		}
	}
}

// toClient sends what the command prints.
func (s *pipeServer) toClient(c *ipc.PipeConn, out io.Reader) error {
	if !s.message {
		_, err := io.Copy(c, bufio.NewReaderSize(out, chunkSize))
		return err
	}
	var failed error
	err := scan(out, func(line []byte) bool {
		failed = c.WriteMessage(line)
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return err
}
