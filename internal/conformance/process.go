package conformance

import (
	"runtime"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

const onWindows = runtime.GOOS == "windows"

// creates creates or opens an object through a new handle.
func (p *Process) creates(kind, name string, spec actor.Spec) (*Handle, actor.Result) {
	p.c.t.Helper()
	return p.obtain(actor.Op{Verb: actor.Create, Kind: kind, Name: name, Spec: spec})
}

// open opens an existing object through a new handle.
func (p *Process) open(kind, name string) (*Handle, actor.Result) {
	p.c.t.Helper()
	return p.obtain(actor.Op{Verb: actor.Open, Kind: kind, Name: name})
}

// opens opens an object that must exist through a new handle.
func (p *Process) opens(o *Object) *Handle {
	p.c.t.Helper()
	h, r := p.open(o.kind, o.name)
	p.c.want(outcome(r), ok)
	return h
}

func (p *Process) obtain(op actor.Op) (*Handle, actor.Result) {
	p.c.t.Helper()
	h := &Handle{p: p, kind: op.Kind, id: p.c.number()}
	op.Handle = h.id
	return h, p.do(op)
}

// do does an operation of nobody in particular.
func (p *Process) do(op actor.Op) actor.Result {
	p.c.t.Helper()
	return (&Thread{c: p.c, p: p}).do(op)
}
