//go:build ipcseam

package shm

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// A machine is a simulated computer. Its processes share a segment, and its
// threads, called actors, run one at a time, each as far as its next access to
// the segment, in an order that a policy decides. Everything random comes from
// one seed, so that a run can be repeated exactly.
//
// It is faithful to what the engine knows of Linux: a futex sleeps if its word
// has the expected value, wakes at least as many as asked, or for no reason; a
// process may die between any two steps, whereupon its alive word is marked and
// one sleeper of it woken, while its other threads may go on until they enter
// the kernel or somebody calls for a barrier that reaches them, or the process has
// ended, which takes its time and can be asked about in its pid namespace, and those
// that sleep may use up a wake-up of a word that has become another's. Every deadline
// is on its one clock, so that no time passes for one actor and not for the others.
// Its memory is sequentially consistent, as Go's atomic operations are.
type machine struct {
	mem     []byte
	random  *rand.Rand
	policy  policy
	now     int64 // monotonic, nanoseconds
	hasty   bool  // the clock goes on while somebody runs, too
	procs   []*simProcess
	actors  []*simActor
	running *simActor
	list    []*simActor
	steps   int
	trace   uint64       // sums up who did every step
	watch   func(access) // called before every step
	passing func(d int64)
	stalled error
	ending  bool               // an actor is taken apart: what it defers does not happen
	rings   map[uint32]simRing // the files of mailslots
}

// A simProcess is a process of the machine.
type simProcess struct {
	m           *machine
	number      int
	n           *Namespace
	dead        bool
	fenced      bool // barriers reach it
	space       int  // its pid namespace
	spaceHidden bool // it does not know which
	leaves      bool
	claims      []*simClaim
}

// A simClaim is an alive word that names a process, with its knells.
type simClaim struct {
	word  *half // the first of them
	value uint32
	young bool // the thread whose end the mark tells of runs on, and marks it then
}

// A simActor is a thread. It can go on when it neither sleeps nor waits for
// something of its own process.
type simActor struct {
	p        *simProcess
	name     string
	number   int
	next     func() (struct{}, bool)
	stop     func()
	yield    func(struct{}) bool
	ready    func() bool
	sleep    *simSleep
	doomed   bool // its process is dead
	ended    bool
	priority int
}

// A simSleep is the sleep of an actor in the kernel.
type simSleep struct {
	words    []*uint32
	deadline int64
}

const (
	never    = math.MaxInt64
	maxSteps = 100_000
)

// A policy decides who does the next step.
type policy interface {
	// stay reports whether the running actor goes on.
	stay(a *simActor) bool
	// pick chooses among those who can go on.
	pick(list []*simActor) *simActor
	// enter is called for a new actor, pause for one that lets others run.
	enter(a *simActor)
	pause(a *simActor)
}

var machineMemory []byte

// newMachine makes a machine whose segment is empty. There is one at a time.
func newMachine(seed uint64) *machine {
	if machineMemory == nil {
		mem, err := syscall.Mmap(-1, 0, int(Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
		if err != nil {
			panic(err)
		}
		machineMemory = mem
	}
	m := &machine{mem: machineMemory, now: 1_000_000, random: rand.New(rand.NewPCG(seed, 1)), watch: func(access) {}, rings: map[uint32]simRing{}}
	m.passing = func(int64) {}
	wipe(m.mem)
	Format(m.mem, [16]byte{1})
	Step, Simulation = m.step, m
	return m
}

// attach starts processes, with one or two processors and some places of direct
// sleepers.
func (m *machine) attach(count int) {
	for i := range count {
		s := &simProcess{m: m, number: i + 1, space: []int{1, 1, 1, 2}[m.random.IntN(4)], spaceHidden: m.random.IntN(4) == 0}
		m.procs = append(m.procs, s)
		n, err := Attach(m.mem, simSystem{s})
		if err != nil {
			panic(err)
		}
		s.n = n
		n.several = m.random.IntN(2) == 0
		n.single.Store(!n.several)
		for d := range m.random.IntN(directSleepers + 1) {
			n.direct[d] = &waiter{since: never} // takes the place of a direct sleeper
		}
	}
}

// wipe clears what an earlier machine has used of the segment.
func wipe(mem []byte) {
	s := newSegment(mem)
	for t, g := range geometries {
		used := min(uint64(s.header().tables[t].limit), g.max)
		clear(mem[g.offset : g.offset+used*g.size])
	}
	clear(mem[:offSlots])
}

// off ends the machine: whatever still runs or sleeps is gone.
func (m *machine) off() {
	for _, a := range m.actors {
		if !a.ended {
			a.doomed = true
			a.end()
		}
	}
	Step, Simulation = counter.step, nil
}

// start adds an actor.
func (m *machine) start(p *simProcess, name string, body func()) *simActor {
	a := &simActor{p: p, name: name, number: len(m.actors), doomed: p.dead}
	a.next, a.stop = iter.Pull(func(yield func(struct{}) bool) {
		a.yield = yield
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(died); !ok {
					panic(fmt.Sprintf("%v\n%s", r, debug.Stack()))
				}
			}
		}()
		body()
	})
	m.actors = append(m.actors, a)
	m.policy.enter(a)
	return a
}

// run lets the actors go on until none can, and no time that passes helps.
func (m *machine) run() {
	for m.stalled == nil {
		list := m.able()
		if len(list) == 0 {
			if !m.passTime() {
				return
			}
			continue
		}
		m.resume(m.policy.pick(list))
	}
}

func (m *machine) able() []*simActor {
	m.list = m.list[:0]
	for _, a := range m.actors {
		if a.able() {
			m.list = append(m.list, a)
		}
	}
	return m.list
}

func (a *simActor) able() bool {
	if a.ended || a.sleep != nil {
		return false
	}
	if a.ready != nil {
		if !a.ready() {
			return false
		}
		a.ready = nil
	}
	return true
}

func (m *machine) resume(a *simActor) {
	m.running = a
	if _, more := a.next(); !more {
		a.ended = true
	}
	m.running = nil
}

// end ends a doomed actor where it is.
func (a *simActor) end() {
	a.ended = true
	before := a.p.m.ending
	a.p.m.ending = true
	a.stop()
	a.p.m.ending = before
}

// passTime ends the sleep that has the nearest deadline.
func (m *machine) passTime() bool {
	var first *simActor
	for _, a := range m.actors {
		if a.sleep != nil && !a.ended && a.sleep.deadline != never && (first == nil || a.sleep.deadline < first.sleep.deadline) {
			first = a
		}
	}
	if first == nil || !m.worthWaiting() {
		return false
	}
	if d := first.sleep.deadline - m.now; d > 0 {
		m.pass(d)
	}
	m.rouse(first)
	return true
}

// worthWaiting: dispatchers, which wait for timers, and watchers that have
// nothing to do do not keep the machine busy.
func (m *machine) worthWaiting() bool {
	return slices.ContainsFunc(m.actors, func(a *simActor) bool {
		idle := a.name == "dispatcher" || a.name == "watcher" && (a.sleep == nil || a.sleep.deadline == never)
		return !a.ended && !idle
	})
}

// passUntil lets time pass while somebody runs, and ends the sleeps that are due
// by then.
func (m *machine) passUntil(due int64) {
	if d := due - m.now; d > 0 {
		m.pass(d)
	}
	for _, a := range m.actors {
		if a.sleep != nil && !a.ended && a.sleep.deadline <= m.now {
			m.rouse(a)
		}
	}
}

// pass lets time pass.
func (m *machine) pass(d int64) {
	m.now += d
	m.passing(d)
}

// step comes before every access to the segment.
func (m *machine) step(what access) {
	if m.ending {
		panic(died{})
	}
	a := m.running
	if a == nil {
		return // no simulation yet, or no more
	}
	if a.doomed && a.ended {
		panic(died{})
	}
	m.steps++
	m.trace = (m.trace ^ uint64(a.number)) * 1099511628211
	if m.steps > maxSteps && m.stalled == nil {
		m.stalled = fmt.Errorf("no end after %d steps: %s goes on and on", m.steps, a)
	}
	if traceTo != nil {
		m.traceStep(a)
	}
	m.watch(what)
	if a.ended {
		panic(died{}) // watch has killed it
	}
	if m.stalled == nil && m.policy.stay(a) {
		return
	}
	a.giveWay()
}

// StillRuns ends what a dead thread has deferred.
func (m *machine) StillRuns() {
	if a := m.running; m.ending || a != nil && a.doomed && a.ended {
		panic(died{})
	}
}

// giveWay lets the machine decide who goes on.
func (a *simActor) giveWay() {
	if !a.yield(struct{}{}) {
		panic(died{})
	}
}

// kernel is where a doomed actor ends, at the latest.
func (a *simActor) kernel() {
	if a.doomed {
		a.ended = true
		panic(died{})
	}
}

// Await blocks the running actor until ready.
func (m *machine) Await(ready func() bool) {
	a := m.running
	if a == nil {
		if !ready() {
			panic("blocked outside of the simulation")
		}
		return
	}
	if ready() {
		return
	}
	a.ready = ready
	a.giveWay()
}

// Go starts a thread of the process whose thread runs.
func (m *machine) Go(f func()) { m.start(m.current(), "dispatcher", f) }

// current is the process that does something now.
func (m *machine) current() *simProcess {
	if m.running != nil {
		return m.running.p
	}
	return m.procs[len(m.procs)-1]
}

// kill ends a process. Threads of it that run may go on for a little.
func (m *machine) kill(p *simProcess) {
	if p.dead {
		return
	}
	p.dead = true
	for _, c := range p.claims {
		if !c.young {
			m.mark(c)
		}
	}
	for _, a := range m.actors {
		if a.p != p || a.ended {
			continue
		}
		a.doomed = true
		// The watcher is the thread whose end the mark tells of.
		switch lingers := a.name != "watcher" && m.random.IntN(4) == 0; {
		case lingers:
		case a == m.running:
			a.ended = true
		default:
			a.end()
		}
	}
}

// mark marks a word whose thread has ended, and its knells.
func (m *machine) mark(c *simClaim) {
	for k := range watched {
		if word := (*uint32)(c.knell(k)); atomic.CompareAndSwapUint32(word, c.value, waitersBit|diedBit) {
			m.wakeOne(word)
		}
	}
}

func (c *simClaim) knell(k int) *half { return (*slotRecord)(unsafe.Pointer(c.word)).knell(k) }

// reaped reports whether nothing is left of a dead process's slots.
func (p *simProcess) reaped() bool {
	p.claims = slices.DeleteFunc(p.claims, func(c *simClaim) bool { return c.word.quiet() == 0 })
	return len(p.claims) == 0
}

// lingering are the threads of dead processes that run, and are reached.
func (m *machine) lingering(reached func(a *simActor) bool) (list []*simActor) {
	for _, a := range m.actors {
		if a.doomed && !a.ended && a.sleep == nil && a != m.running && reached(a) {
			list = append(list, a)
		}
	}
	return list
}

// end ends threads, unless they have ended.
func (m *machine) end(list []*simActor) {
	for _, a := range list {
		if !a.ended {
			a.end()
		}
	}
}

// rouse ends a sleep. A dying thread does not come out of it.
func (m *machine) rouse(a *simActor) {
	a.sleep = nil
	if a.doomed {
		a.end()
	}
}

// wakeOne wakes a sleeper of a word, if there is one.
func (m *machine) wakeOne(word *uint32) bool {
	var sleepers []*simActor
	for _, a := range m.actors {
		if a.sleep != nil && !a.ended && slices.Contains(a.sleep.words, word) {
			sleepers = append(sleepers, a)
		}
	}
	if len(sleepers) == 0 {
		return false
	}
	m.rouse(sleepers[m.random.IntN(len(sleepers))])
	return true
}

func (a *simActor) String() string { return fmt.Sprintf("P%d's %s", a.p.number, a.name) }
