//go:build !linux

package testproc

// CanStop tells whether Stop and Cont work here.
const CanStop = false

// Stop is not possible here.
func (p *Proc) Stop() {
	p.t.Helper()
	p.t.Fatalf("testproc: a process cannot be stopped on this system")
}

// Cont is not possible here.
func (p *Proc) Cont() {}

// Dump ends a child that is stuck and returns what it wrote.
func (p *Proc) Dump() string {
	p.waited = true
	p.cmd.Process.Kill()
	p.drain()
	return p.stderr.String()
}
