package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/winsys-go/ipc"
)

// A pipeServer runs a command for each client of a pipe.
type pipeServer struct {
	app     *app
	path    string // of the command
	name    string // of the pipe
	argv    []string
	message bool

	mu     sync.Mutex // guards the standard error
	scarce sync.Once  // says that commands wait
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
	s := &pipeServer{app: a, path: path, name: name, argv: argv, message: o.message}
	var running sync.WaitGroup
	defer running.Wait()
	for n := 0; o.keep || n < o.count; n++ {
		c, err := l.AcceptPipe(ctx)
		if err != nil {
			return a.ended(err, "")
		}
		started := make(chan struct{})
		running.Go(func() {
			if err := s.one(ctx, c, started); err != nil && ctx.Err() == nil {
				s.complain(err)
			}
		})
		// The next client would only take what the command of this one may lack.
		<-started
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

// one serves one client, and says when its command has started, or failed to.
func (s *pipeServer) one(ctx context.Context, c *ipc.PipeConn, started chan<- struct{}) error {
	runtime.LockOSThread() // startTied needs it
	defer runtime.UnlockOSThread()
	defer c.Close()
	command, err := s.start(ctx)
	close(started)
	if err != nil {
		return err
	}
	defer command.close()
	in, out := command.in, command.out
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
	if err = command.cmd.Wait(); errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
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
			err = s.app.writeMessage(in, shownMessage{Pipe: s.name}, m, rawFormat)
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
