package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// A Case is one case while it is played.
type Case struct {
	t       *testing.T
	id      string
	backend Backend
	traits  Traits
	limit   time.Duration
	numbers int // handles, owners and names given out

	actors []actor.Actor
	// p1 is the process that the case begins in, main its first thread.
	p1   *Process
	main *Thread
}

// names makes those of different cases and runs different.
var names atomic.Int64

func newCase(t *testing.T, b Backend, id string) *Case {
	c := &Case{t: t, id: id, backend: b, traits: b.Traits(), limit: testproc.Limit(t)}
	t.Cleanup(c.end)
	c.p1 = c.process()
	c.main = c.p1.thread()
	return c
}

// end ends what still runs, and looks for leftovers.
func (c *Case) end() {
	for _, a := range c.actors {
		a.Exit()
	}
	if c.t.Failed() {
		return
	}
	left, err := c.backend.Leftover()
	if err != nil {
		c.t.Errorf("look for leftovers: %v", err)
	}
	if len(left) > 0 {
		c.t.Errorf("all processes have ended, and these objects are left: %q", left)
	}
}

func (c *Case) number() int {
	c.numbers++
	return c.numbers
}

// name makes a name that nobody else uses.
func (c *Case) name() string {
	return fmt.Sprintf("%s %d.%d", c.id, os.Getpid(), names.Add(1))
}

// file makes the name of a file that the processes of the case may share.
func (c *Case) file() string {
	return filepath.Join(c.backend.Traits().Files, fmt.Sprintf("file%d", names.Add(1)))
}

func (c *Case) skip(format string, args ...any) {
	c.t.Helper()
	skip(c.t, fmt.Sprintf(format, args...))
}

// needRecursion leaves the case out where threads are handles.
func (c *Case) needRecursion() {
	c.t.Helper()
	if c.traits.Handles {
		c.skip("a handle by itself is not a recursive owner: the other backends play this with Owners")
	}
}

// needProcesses leaves the case out where processes are only played.
func (c *Case) needProcesses() {
	c.t.Helper()
	if !c.traits.Processes {
		c.skip("needs processes with ids, which this backend only plays")
	}
}

// A Process is one process of the scene.
type Process struct {
	c       *Case
	actor   actor.Actor
	handles map[*Object]int
}

// process starts another process.
func (c *Case) process() *Process {
	c.t.Helper()
	p := &Process{c: c, actor: c.backend.Process(), handles: map[*Object]int{}}
	c.actors = append(c.actors, p.actor)
	return p
}

// exit ends the process without closing or unlocking anything.
func (p *Process) exit() {
	p.c.forget(p)
	p.actor.Exit()
}

// kill ends the process in the middle of what it is doing.
func (p *Process) kill() {
	p.c.forget(p)
	p.actor.Kill()
}

func (c *Case) forget(p *Process) {
	for i, a := range c.actors {
		if a == p.actor {
			c.actors = append(c.actors[:i], c.actors[i+1:]...)
			return
		}
	}
}

// thread makes a thread of this process.
func (p *Process) thread() *Thread {
	p.c.t.Helper()
	t := &Thread{c: p.c, p: p}
	if p.c.traits.Handles {
		t.handles = map[*Object]int{}
		return t
	}
	t.owner = p.c.number()
	t.must(actor.Op{Verb: actor.NewOwner, Owner: t.owner})
	return t
}

// thread makes a thread: of the process that the case began in, or in a
// process of its own.
func (c *Case) thread() *Thread {
	c.t.Helper()
	if c.traits.Spread {
		return c.process().thread()
	}
	return c.p1.thread()
}

// threads makes n of them.
func (c *Case) threads(n int) []*Thread {
	c.t.Helper()
	list := make([]*Thread, n)
	for i := range list {
		list[i] = c.thread()
	}
	return list
}

// An Object is an object that all threads know: each finds its way to a handle.
type Object struct {
	kind string
	name string // empty: all threads share a handle
	home int    // the handle that it was created with, which the main thread keeps
}

// A Handle is a handle of one process.
type Handle struct {
	p    *Process
	kind string
	id   int
}

// A Ref is what operations take: *Object, *Handle or null.
type Ref interface {
	handle(t *Thread) int
	kindOf() string
}

func (o *Object) kindOf() string { return o.kind }
func (h *Handle) kindOf() string { return h.kind }

func (h *Handle) handle(t *Thread) int {
	if h.p != t.p {
		t.c.t.Fatalf("%s: a thread uses a handle of another process", t.c.id)
	}
	return h.id
}

// handle finds the thread's handle to the object, which it opens when it has
// none.
func (o *Object) handle(t *Thread) int {
	t.c.t.Helper()
	known := t.p.handles
	if t.handles != nil {
		known = t.handles // a thread that is an owner by its handles
	}
	id, ok := known[o]
	if !ok {
		id = t.c.number()
		t.must(actor.Op{Verb: actor.Open, Kind: o.kind, Name: o.name, Handle: id})
		known[o] = id
	}
	return id
}

// null is a nil handle of a kind; without a kind, nothing at all.
type null string

func (n null) kindOf() string     { return string(n) }
func (n null) handle(*Thread) int { return actor.Null(string(n)) }

// anonymous tells whether objects may do without a name: whether all threads
// can use one handle.
func (c *Case) anonymous() bool { return !c.traits.Spread && !c.traits.Handles }

// create makes a new object, through the main thread.
func (c *Case) create(kind string, spec actor.Spec) *Object {
	c.t.Helper()
	o := &Object{kind: kind, home: c.number()}
	if !c.anonymous() {
		o.name = c.name()
	}
	return c.main.createAs(o, spec)
}

// named makes a new object that has a name in any case.
func (c *Case) named(kind string, spec actor.Spec) *Object {
	c.t.Helper()
	return c.main.createAs(&Object{kind: kind, name: c.name(), home: c.number()}, spec)
}

func (t *Thread) createAs(o *Object, spec actor.Spec) *Object {
	t.c.t.Helper()
	r := t.must(actor.Op{Verb: actor.Create, Kind: o.kind, Name: o.name, Spec: spec, Handle: o.home, Owner: t.owner})
	if r.Existed {
		t.c.t.Fatalf("a new %s with an unused name existed", o.kind)
	}
	t.p.handles[o] = o.home
	if t.handles != nil {
		t.handles[o] = o.home
	}
	return o
}

func (c *Case) event(manual, set bool) *Object {
	c.t.Helper()
	return c.create(actor.Event, actor.Spec{Manual: manual, Set: set})
}

// events makes n auto-reset or manual-reset events.
func (c *Case) events(n int, manual, set bool) []*Object {
	c.t.Helper()
	list := make([]*Object, n)
	for i := range list {
		list[i] = c.event(manual, set)
	}
	return list
}

func (c *Case) mutex() *Object {
	c.t.Helper()
	return c.create(actor.Mutex, actor.Spec{})
}

func (c *Case) semaphore(initial, limit int) *Object {
	c.t.Helper()
	return c.create(actor.Semaphore, actor.Spec{Initial: initial, Max: limit})
}

func (c *Case) timer(manual bool) *Object {
	c.t.Helper()
	return c.create(actor.Timer, actor.Spec{Manual: manual})
}

// both plays a scene for auto-reset and manual-reset.
func (c *Case) both(play func(manual bool)) {
	play(false)
	play(true)
}

// info is the state of an object as its creator sees it.
func (c *Case) info(o Ref) *ipc.Info {
	c.t.Helper()
	return c.main.info(o)
}
