//go:build ipcseam

package shm

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"weak"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// Death at every step: an operation is run, and its process dies before access
// number k to the segment, for all k; then other processes clear up, the
// segment must be consistent, and the next operations must work.
//
// A process is an attachment here. Its death is a panic that leaves everything
// as it is, after which nobody can use the attachment any more, and the mark
// in its alive word that the kernel would have made.

// died is what an operation that dies panics with.
type died struct{}

// steps counts the accesses of one thread and stops it.
type steps struct {
	thread atomic.Int64
	left   int
	taken  int
}

func (s *steps) step(access) {
	// Most accesses are outside of what is counted: they need not ask who they are.
	if counted := s.thread.Load(); counted == 0 || counted != int64(syscall.Gettid()) {
		return
	}
	s.taken++
	if s.left--; s.left <= 0 {
		panic(died{}) // again, where the dead would do what they have deferred
	}
}

// runUntil runs op and lets it die before access k. It reports whether it did.
func (s *steps) runUntil(k int, op func()) (dead bool) {
	defer func() {
		s.thread.Store(0)
		if r := recover(); r != nil {
			if _, ok := r.(died); !ok {
				panic(r)
			}
			dead = true
		}
	}()
	s.left, s.taken = k, 0
	s.thread.Store(int64(syscall.Gettid()))
	op()
	return false
}

var counter steps

func TestMain(m *testing.M) {
	Step = counter.step
	debug.SetGCPercent(800) // simulations allocate much and keep little
	os.Exit(m.Run())
}

// A world is a namespace with the processes a (who dies, and is not fenced), b and c.
type world struct {
	t       *testing.T
	dir     string
	a, b, c *Namespace
	all     []*Namespace
	dead    []*Namespace
	waits   []*blocked
	held    *Namespace // cannot do anything
	young   bool       // who attaches now is never fenced
	notes   *notes
}

// worlds counts those that are over.
var worlds int

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, notes: &notes{}}
	w.a, w.b, w.c = w.attachYoung(), w.attach(), w.attach()
	return w
}

func (w *world) attach() *Namespace { return w.attachThrough(func(s System) System { return s }) }

// attachYoung is attach of a process that dies before it is fenced.
func (w *world) attachYoung() *Namespace {
	w.young = true
	defer func() { w.young = false }()
	return w.attach()
}

// attachThrough is attach with a system of its own.
func (w *world) attachThrough(wrap func(System) System) *Namespace {
	sys, err := linux.OpenSystem(w.dir, linux.Access{}, true, linux.Format{
		Size: Size, Reserve: InitialReserve, Init: Format, Check: CheckHeader,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	b := &barriers{System: sys, notes: w.notes, young: w.young}
	n, err := Attach(sys.Bytes(), wrap(b))
	if err != nil {
		w.t.Fatal(err)
	}
	me := weak.Make(n)
	b.n.Store(&me)
	w.all = append(w.all, n)
	return n
}

// hold keeps the goroutines of a process from doing anything, until letGo.
func (w *world) hold(n *Namespace) {
	n.mu.Lock()
	w.held = n
}

func (w *world) letGo() {
	if w.held != nil {
		w.held.mu.Unlock()
		w.held = nil
	}
}

func (w *world) close() {
	w.letGo()
	for _, n := range w.all {
		n.Close()
	}
	for _, n := range w.dead {
		n.bury()
		n.unmap.Do(func() { runtime.AddCleanup(n, func(s System) { s.Close() }, n.sys) })
	}
	os.RemoveAll(w.dir)
	if worlds++; worlds%64 == 0 {
		runtime.GC() // gives back what the dead had open
	}
}

// kill makes a process dead: nobody can use its attachment, and others are
// told.
func (w *world) kill(n *Namespace) {
	w.quietly(n)
	w.tell(n)
}

// A blocked is an operation that waits in the background.
type blocked struct {
	n      *Namespace
	name   string
	result backend.WaitResult
	err    error
	done   chan struct{}
}

// block starts a wait and returns when it is queued.
func (w *world) block(name string, all bool, objects ...*Object) *blocked {
	w.t.Helper()
	b := &blocked{n: objects[0].n, name: name, done: make(chan struct{})}
	n := objects[0].n
	before := len(n.blockedNow())
	go func() {
		defer close(b.done)
		b.result, b.err = Wait(context.Background(), nil, all, objects)
	}()
	w.until("the wait "+name+" is queued", func() bool { return len(n.blockedNow()) > before })
	w.waits = append(w.waits, b)
	return b
}

func (n *Namespace) blockedNow() map[uint32]bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := map[uint32]bool{}
	for w := range n.waiters.all() {
		m[w.index] = true
	}
	return m
}

func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			w.t.Fatalf("it does not come to pass that %s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
	}
}

// isQueued reports whether the only wait of the process has not been granted.
func (b *blocked) isQueued() (yes bool) {
	b.n.locked(func() error {
		for x := range b.n.waiters.all() {
			yes = yes || queued(x.rec.claim.load())
		}
		return nil
	})
	return yes
}

func (b *blocked) isDone() bool {
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}

// reaped waits until nothing is left of a dead process.
func (w *world) reaped(n *Namespace) {
	w.t.Helper()
	r := n.self
	w.until("the dead process is reaped", func() bool { return r.alive.load() == 0 || r.generation.load() != n.generation })
}

// check makes sure that the segment is consistent, but for what goroutines of
// the dead, which nothing stops here, have counted since.
func (w *world) check(n *Namespace) {
	w.t.Helper()
	for _, d := range w.dead {
		if d.self.alive.load() == 0 {
			d.self.waking.store(0)
		}
	}
	if err := n.locked(n.verify); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) event(n *Namespace, name string, manual, set bool) *Event {
	w.t.Helper()
	e := &Event{}
	w.create(n, &e.Object, backend.Spec{Kind: backend.Event, Name: name, ManualReset: manual, Set: set})
	return e
}

func (w *world) mutex(n *Namespace, name string, owned bool) *Mutex {
	w.t.Helper()
	m := &Mutex{}
	w.create(n, &m.Object, backend.Spec{Kind: backend.Mutex, Name: name, Owned: owned})
	return m
}

func (w *world) semaphore(n *Namespace, name string, initial int, reclaim bool) *Semaphore {
	w.t.Helper()
	s := &Semaphore{}
	w.create(n, &s.Object, backend.Spec{Kind: backend.Semaphore, Name: name, Initial: initial, Max: 9, Reclaim: reclaim})
	return s
}

func (w *world) timer(n *Namespace, name string) *Timer {
	w.t.Helper()
	x := &Timer{}
	w.create(n, &x.Object, backend.Spec{Kind: backend.Timer, Name: name})
	return x
}

func (w *world) create(n *Namespace, o *Object, spec backend.Spec) {
	w.t.Helper()
	if err := n.Create(o, spec); err != nil {
		w.t.Fatal(fmt.Errorf("create %v %q: %w", spec.Kind, spec.Name, err))
	}
}

func spec(name string) backend.Spec { return backend.Spec{Kind: backend.Event, Name: name} }

// quietly is kill without waking anybody who watches.
func (w *world) quietly(n *Namespace) {
	n.seize()
	w.dead = append(w.dead, n)
	n.stopping.Store(true)
	for k := range watched {
		n.self.knell(k).store(waitersBit | diedBit)
	}
	for i, x := range w.all {
		if x == n {
			w.all = append(w.all[:i], w.all[i+1:]...)
		}
	}
}

// tell wakes those who watch a dead process.
func (w *world) tell(n *Namespace) {
	for k := range watched {
		n.sys.Wake((*uint32)(n.self.knell(k)), 100)
	}
}

// bury ends the thread of a dead process, which has no part in anything any
// more.
func (n *Namespace) bury() {
	n.closed, n.leaving = true, false
	for end := range n.ends {
		end.(interface{ unmapRing() }).unmapRing()
	}
	n.mu.Unlock()
	n.ring(n.self)
	if n.dispatched != nil {
		<-n.dispatched
	}
	n.ringBell(n.self)
	<-n.left
}

// unmapRing closes the file of an end that nobody uses.
func (e *endpoint) unmapRing() {
	if e.view.file != nil {
		e.view.file.Close()
	}
}

// seize takes a dead process's mutex for good, unless its operation, which ran
// on this thread, died with it.
func (n *Namespace) seize() {
	if n.mu.mu.thread.Load() != int64(syscall.Gettid()) {
		n.mu.Lock() // its watcher may have it, but not for long
	}
}
