package testproc

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Proc is the parent's side of a child. Except where they say otherwise, its
// methods belong to the test's goroutine, since they may end the test.
type Proc struct {
	t      TB
	name   string
	cmd    *exec.Cmd
	mu     sync.Mutex // orders writes to in
	in     io.WriteCloser
	lines  chan string
	stderr output
	ended  chan struct{} // closed when the child is reaped
	waited bool          // its end was asked for
}

// Start starts a child that runs the function registered as name.
func Start(t TB, name string, args ...string) *Proc {
	t.Helper()
	return StartWith(t, nil, name, args...)
}

// StartWith is Start for a child that is unlike its parent: change, if any,
// changes the command before it is started.
func StartWith(t TB, change func(*exec.Cmd), name string, args ...string) *Proc {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatalf("testproc: %v", err)
	}
	p := &Proc{
		t: t, name: name, cmd: exec.Command(exe, args...),
		lines: make(chan string, 64), ended: make(chan struct{}),
	}
	// The race detector would make each child linger for a second.
	p.cmd.Env = append(os.Environ(), variable+"="+name, "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = 10 * time.Second
	in, err1 := p.cmd.StdinPipe()
	out, err2 := p.cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatalf("testproc: pipes for %s: %v %v", name, err1, err2)
	}
	p.in = in
	if change != nil {
		change(p.cmd)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("testproc: start %s: %v", name, err)
	}
	go p.listen(out)
	t.Cleanup(p.cleanup)
	return p
}

// listen passes the child's lines on, and reaps it when there are no more.
func (p *Proc) listen(out io.Reader) {
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		p.lines <- strings.TrimSuffix(line, "\n")
	}
	p.cmd.Wait()
	close(p.ended)
	close(p.lines)
}

// cleanup leaves no child behind, and reports one that it had to end or that
// failed.
func (p *Proc) cleanup() {
	p.t.Helper()
	select {
	case <-p.ended:
	default:
		p.cmd.Process.Kill()
		p.drain()
		if !p.waited && !p.t.Failed() {
			p.t.Errorf("testproc: nobody waited for the child %s (process %d): call Exit, Kill or Wait", p.name, p.PID())
		}
		p.waited = true
	}
	if !p.waited {
		p.t.Errorf("testproc: the child %s ended by itself (%v)\n%s", p.name, p.cmd.ProcessState, &p.stderr)
	} else if p.t.Failed() && p.stderr.Len() > 0 {
		p.t.Logf("standard error of %s (process %d):\n%s", p.name, p.PID(), &p.stderr)
	}
}

// drain waits for the end of the child, whatever it still says.
func (p *Proc) drain() {
	for {
		select {
		case <-p.ended:
			return
		case _, ok := <-p.lines:
			if !ok {
				return
			}
		}
	}
}

// PID gives the child's process id.
func (p *Proc) PID() int { return p.cmd.Process.Pid }

// Ended is closed when the child has ended and was reaped.
func (p *Proc) Ended() <-chan struct{} { return p.ended }

// Lines carries what the child says and is closed after its end, for programs
// that do not answer in turn. Receive and Line take from it too.
func (p *Proc) Lines() <-chan string { return p.lines }

// Line returns the child's next line. A child that says nothing in time, or
// ends instead, fails the test.
func (p *Proc) Line() string {
	p.t.Helper()
	timer := time.NewTimer(Limit(p.t))
	defer timer.Stop()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("testproc: the child %s ended (%v) where it should say something\n%s", p.name, p.cmd.ProcessState, &p.stderr)
		}
		return line
	case <-timer.C:
		p.t.Fatalf("testproc: the child %s says nothing. Its goroutines:\n%s", p.name, p.Dump())
		return ""
	}
}

// Expect reads a line that must be want.
func (p *Proc) Expect(want string) {
	p.t.Helper()
	if got := p.Line(); got != want {
		p.t.Fatalf("testproc: the child %s says %q, want %q", p.name, got, want)
	}
}

// Receive reads the child's next line, as JSON, into v.
func (p *Proc) Receive(v any) {
	p.t.Helper()
	line := p.Line()
	if err := json.Unmarshal([]byte(line), v); err != nil {
		p.t.Fatalf("testproc: the child %s says %q: %v", p.name, line, err)
	}
}

// Sayf writes a line to the child.
func (p *Proc) Sayf(format string, args ...any) {
	p.t.Helper()
	if err := p.write(fmt.Appendf(nil, format+"\n", args...)); err != nil {
		p.t.Fatalf("testproc: tell the child %s: %v\n%s", p.name, err, &p.stderr)
	}
}

// Send writes v to the child, as one line of JSON. It may be called from any
// goroutine.
func (p *Proc) Send(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.write(append(line, '\n'))
}

func (p *Proc) write(line []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.in.Write(line)
	return err
}

// Call sends request and reads the answer into reply.
func (p *Proc) Call(request, reply any) {
	p.t.Helper()
	if err := p.Send(request); err != nil {
		p.t.Fatalf("testproc: tell the child %s: %v\n%s", p.name, err, &p.stderr)
	}
	p.Receive(reply)
}

// Exit closes the child's pipe, which ends it, and waits until it is gone.
func (p *Proc) Exit() {
	p.t.Helper()
	p.in.Close()
	if state := p.Wait(); !state.Success() {
		p.t.Errorf("testproc: the child %s ended with %v\n%s", p.name, state, &p.stderr)
	}
}

// Kill ends the child as if by lightning, and waits until it is gone.
func (p *Proc) Kill() {
	p.t.Helper()
	p.Strike()
	p.Wait()
}

// Strike is Kill without the waiting, which Wait does: so that several die at
// the same time.
func (p *Proc) Strike() {
	p.t.Helper()
	err := p.cmd.Process.Signal(syscall.SIGKILL)
	// EINVAL is what Go says on Windows of a process that has been waited for.
	if err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.EINVAL) {
		p.t.Fatalf("testproc: kill %s: %v", p.name, err)
	}
}

// Wait waits for the child to end by itself.
func (p *Proc) Wait() *os.ProcessState {
	p.t.Helper()
	p.waited = true
	timer := time.AfterFunc(Limit(p.t), func() { p.cmd.Process.Kill() })
	p.drain()
	if !timer.Stop() {
		p.t.Fatalf("testproc: the child %s did not end\n%s", p.name, &p.stderr)
	}
	return p.cmd.ProcessState
}
