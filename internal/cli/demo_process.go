package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A demoProcess is a process that the demonstration has started: this program
// again, in a role. It writes lines of JSON, and ends when its input does.
type demoProcess struct {
	role  string
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Reader
	err   bytes.Buffer
	ended bool
}

// start starts a process in a role. It is killed when ctx ends, and lives in
// a process group of its own, so that Ctrl-C reaches only the one who cleans
// up.
func (d *demo) start(ctx context.Context, role string, args ...string) (*demoProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args = append([]string{demoWorkerName, role, "--namespace", d.ns.Dir(), "--"}, args...)
	p := &demoProcess{role: role, cmd: exec.CommandContext(ctx, self, args...)}
	p.cmd.Stderr = &p.err
	apart(p.cmd)
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.lines = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a process: %w", err)
	}
	d.started++
	return p, nil
}

// demoGroup are the processes of one step.
type demoGroup []*demoProcess

// startAll starts some processes in one role and waits until each has said
// that it is ready.
func (d *demo) startAll(ctx context.Context, g *demoGroup, many int, role string, args ...string) error {
	first := len(*g)
	for range many {
		p, err := d.start(ctx, role, args...)
		if err != nil {
			return err
		}
		*g = append(*g, p)
	}
	for _, p := range (*g)[first:] {
		var ready demoReady
		if err := p.next(&ready); err != nil {
			return err
		}
	}
	return nil
}

// stop ends the processes and waits for them.
func (g *demoGroup) stop() {
	for _, p := range *g {
		p.stdin.Close()
	}
	for _, p := range *g {
		p.wait()
	}
}

// demoReady is the first line of every process.
type demoReady struct {
	Ready bool `json:"ready"`
}

// next reads the next line into v.
func (p *demoProcess) next(v any) error {
	line, err := p.lines.ReadBytes('\n')
	if err != nil {
		return p.died()
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("the process %q said %q: %w", p.role, bytes.TrimSpace(line), err)
	}
	return nil
}

// died is the error for a process that ended too early.
func (p *demoProcess) died() error {
	p.wait()
	said := strings.TrimSpace(p.err.String())
	return fmt.Errorf("the process %q ended too early (%v) %s", p.role, p.cmd.ProcessState, said)
}

// finish ends a process that has done its work, after reading its last line
// into v.
func (p *demoProcess) finish(v any) error {
	p.stdin.Close()
	if err := p.next(v); err != nil {
		return err
	}
	p.wait()
	if !p.cmd.ProcessState.Success() {
		return p.died()
	}
	return nil
}

// wait waits for the end of the process. It ends because its input has, or
// because it is killed.
func (p *demoProcess) wait() {
	if p.ended {
		return
	}
	p.ended = true
	p.stdin.Close()
	io.Copy(io.Discard, p.lines)
	p.cmd.Wait()
}

// untilBlocked returns once that many waits are blocked on an object. A
// process cannot tell that of itself: it would not be blocked yet.
func (d *demo) untilBlocked(ctx context.Context, name string, many int) error {
	for {
		list, err := d.ns.Objects()
		if err != nil {
			return err
		}
		for _, o := range list {
			if o.Name == name && o.Waiters >= many {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nobody waits for %q: %w", name, ctx.Err())
		case <-time.After(200 * time.Microsecond):
		}
	}
}
