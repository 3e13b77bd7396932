package testproc

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"
)

// CanStop tells whether Stop and Cont work here.
const CanStop = true

// Stop stops the child, as a debugger would, and returns when it no longer
// runs.
func (p *Proc) Stop() {
	p.t.Helper()
	p.signal(syscall.SIGSTOP)
	for end := time.Now().Add(Limit(p.t)); p.state() != 'T'; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			p.t.Fatalf("testproc: the child %s does not stop", p.name)
		}
	}
}

// Cont lets a stopped child run on.
func (p *Proc) Cont() {
	p.t.Helper()
	p.signal(syscall.SIGCONT)
}

// Dump ends a child that is stuck and returns what its goroutines were doing.
func (p *Proc) Dump() string {
	p.waited = true
	p.cmd.Process.Signal(syscall.SIGCONT)
	p.cmd.Process.Signal(syscall.SIGQUIT)
	timer := time.AfterFunc(5*time.Second, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	p.drain()
	return p.stderr.String()
}

func (p *Proc) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("testproc: %v for the child %s: %v", s, p.name, err)
	}
}

// state gives the letter that ps shows: R, S, T… It stands behind the name in
// parentheses.
func (p *Proc) state() byte {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	i := bytes.LastIndexByte(stat, ')')
	if err != nil || i < 0 || i+2 >= len(stat) {
		return 0
	}
	return stat[i+2]
}
