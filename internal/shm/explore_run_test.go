//go:build ipcseam

package shm

import (
	"fmt"
	"strings"

	"github.com/winsys-go/ipc/internal/backend"
)

// A history is what happened in a run of a plan.
type history struct {
	plan      *plan
	m         *machine
	records   []*record
	clock     int // counts events
	handles   []*handleUse
	freed     map[*simProcess][]*record // the records of its death, which end with its slot
	reached   []int                     // the call that each program is in
	undecided bool                      // check cannot tell
}

// A handleUse is a handle with all the types that it may have.
type handleUse struct {
	number    int
	proc      int
	event     Event
	mutex     Mutex
	semaphore Semaphore
	timer     Timer
	o         *Object
}

// A record is one operation, or a part of one that need not be atomic: it has
// taken effect, in the specification, at some moment from begin to end.
type record struct {
	proc      int
	program   int // -1: nobody's
	call      call
	part      part
	handles   []int
	made      int // the handle that a Create makes
	begin     int
	end       int // noEnd: it has not returned
	cancelled int // when its context was; noEnd: never
	before    *record
	got       outcome
	tick      int64
}

// A part tells a call from the parts of what is not one.
type part int

const (
	aCall part = iota
	aTick
	abandoning
	closing
	ending
	closingHandle
	leaving
)

const noEnd = 1 << 40

func (h *history) tick() int {
	h.clock++
	return h.clock
}

func (h *history) add(r *record) *record {
	r.begin, r.end, r.cancelled = h.tick(), noEnd, noEnd
	h.records = append(h.records, r)
	return r
}

// prepare makes the processes, objects and threads of a plan.
func prepare(m *machine, p *plan) *history {
	h := &history{plan: p, m: m, freed: map[*simProcess][]*record{}, reached: make([]int, len(p.programs))}
	m.attach(p.procs + 1)
	for proc := range p.procs {
		for _, spec := range p.objects {
			u := h.use(proc)
			if err := u.create(m.procs[proc].n, spec); err != nil {
				panic(err)
			}
		}
	}
	for i, g := range p.programs[:len(p.programs)-p.later] {
		h.startProgram(i, g)
	}
	m.watch = h.watch
	m.passing = h.pass
	m.hasty = p.hasty
	return h
}

// at is the number of the call that a program is in.
func (h *history) at(program int) int { return h.reached[program] }

// use makes room for a handle.
func (h *history) use(proc int) *handleUse {
	u := &handleUse{number: len(h.handles), proc: proc}
	h.handles = append(h.handles, u)
	return u
}

// create makes u a handle to an object.
func (u *handleUse) create(n *Namespace, spec backend.Spec) error {
	switch spec.Kind {
	case backend.Event:
		u.o = &u.event.Object
	case backend.Mutex:
		u.o = &u.mutex.Object
	case backend.Semaphore:
		u.o = &u.semaphore.Object
	default:
		u.o = &u.timer.Object
	}
	err := n.Create(u.o, spec)
	u.o.spin.Begin(3)
	return err
}

// watch looks, before every step, for what is not an operation.
func (h *history) watch(access) {
	for i := range h.plan.deaths {
		if d := &h.plan.deaths[i]; d.step == h.m.steps {
			h.kill(h.m.procs[d.proc])
		}
	}
	for p, parts := range h.freed {
		if p.reaped() {
			delete(h.freed, p)
			for _, r := range parts {
				r.end = h.tick()
			}
		}
	}
}

// quiet is load for those who are not part of the simulation.
func (w *half) quiet() uint32 { return uint32(*w) }

func (h *history) kill(p *simProcess) {
	if p.dead || len(p.claims) == 0 {
		return
	}
	var last *record
	for _, part := range []part{abandoning, closing, ending} {
		last = h.add(&record{proc: p.number - 1, program: -1, part: part, before: last})
		h.freed[p] = append(h.freed[p], last)
	}
	for _, r := range h.records {
		if r.program >= 0 && r.proc == p.number-1 && r.end == noEnd {
			r.cancelled = min(r.cancelled, h.clock)
		}
	}
	h.m.kill(p)
}

// pass notes that time goes on. Timers are noticed when somebody looks.
func (h *history) pass(d int64) {
	var last *record
	for _, r := range h.records {
		if r.part == aTick {
			last = r
		}
	}
	h.add(&record{proc: -1, program: -1, part: aTick, tick: d, before: last})
}

// A runner runs a program.
type runner struct {
	*history
	number  int
	program program
	proc    *simProcess
	owner   *Owner
	mine    []*handleUse // by the index in calls
}

func (h *history) startProgram(i int, g program) {
	r := &runner{history: h, number: i, program: g, proc: h.m.procs[g.proc]}
	if g.owner {
		r.owner = &Owner{}
	}
	for k := range h.plan.objects {
		r.mine = append(r.mine, h.handles[g.proc*len(h.plan.objects)+k])
	}
	var contexts []*simContext
	for range g.calls {
		contexts = append(contexts, newSimContext(h.m))
	}
	h.m.start(r.proc, fmt.Sprintf("program %d", i), func() {
		for k, c := range g.calls {
			h.reached[i] = k
			r.call(contexts[k], c)
		}
	})
}

// call does one operation and records it.
func (r *runner) call(ctx *simContext, c call) {
	rec := &record{proc: r.program.proc, program: r.number, call: c}
	for _, o := range c.objects {
		rec.handles = append(rec.handles, r.mine[o].number)
	}
	if c.verb == vLeave {
		r.leave()
		return
	}
	if c.verb == vCreate {
		u := r.use(r.program.proc)
		rec.made = u.number
		r.add(rec)
		rec.got = outcomeOf(u.create(r.proc.n, c.spec))
		rec.got.yes = u.o.existed
		rec.end = r.tick()
		return
	}
	r.add(rec)
	if c.cancel && c.blocks() {
		r.m.start(r.proc, "canceller", func() {
			r.m.step(change)
			if rec.end == noEnd {
				rec.cancelled = min(rec.cancelled, r.tick())
				ctx.cancel()
			}
		})
	}
	rec.got = r.perform(ctx, c)
	rec.end = r.tick()
}

// leave closes the namespace: handle after handle, and then the rest.
func (r *runner) leave() {
	if r.proc.leaves {
		return // somebody beside this one does it
	}
	r.proc.leaves = true
	var parts []*record
	var last *record
	for _, u := range r.handles {
		if u.proc == r.program.proc && u.o.open.Load() == 1 {
			last = r.add(&record{proc: r.program.proc, program: -1, part: closingHandle, handles: []int{u.number}, before: last})
			parts = append(parts, last)
		}
	}
	parts = append(parts, r.add(&record{proc: r.program.proc, program: -1, part: leaving, before: last}))
	if err := r.proc.n.depart(); err != nil { // Close would keep the machine for its mapping
		r.m.stalled = fmt.Errorf("leaving: %w", err)
	}
	for _, rec := range parts {
		rec.end = r.tick()
	}
}

// explore plays a plan in the interleaving of a seed. It gives the history and
// what is wrong with it.
func explore(seed uint64, p *plan) (h *history, err error) {
	m := newMachine(seed)
	defer m.off()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a panic: %v", r)
		}
	}()
	m.policy = newPolicy(m.random)
	h = prepare(m, p)
	return h, h.finish()
}

// finish lets everything come to rest, and tells what is wrong then.
func (h *history) finish() error {
	h.m.run()
	if h.m.stalled != nil {
		return h.m.stalled
	}
	return h.check()
}

func (h *history) String() string {
	if h == nil {
		return ""
	}
	var b strings.Builder
	for i, s := range h.plan.objects {
		fmt.Fprintf(&b, "%s: %+v\n", names[i], s)
	}
	for i, r := range h.records {
		fmt.Fprintf(&b, "%3d %s\n", i, r)
	}
	return b.String()
}

func (r *record) String() string {
	what := [...]string{"", "time passes", "its mutexes are abandoned", "its handles are closed", "it is gone", "it closes a handle", "it leaves"}[r.part]
	if r.part == aCall {
		what = r.call.String()
	}
	end := fmt.Sprint(r.end)
	if r.end == noEnd {
		end = "…"
	}
	s := fmt.Sprintf("[%d, %s] P%d program %d: %s", r.begin, end, r.proc+1, r.program, what)
	if r.part == aTick {
		s += fmt.Sprintf(" by %d ns", r.tick)
	}
	if r.cancelled != noEnd {
		s += fmt.Sprintf(" (cancelled at %d)", r.cancelled)
	}
	if r.part == aCall && r.end != noEnd {
		s += fmt.Sprintf(": %+v", r.got)
	}
	return s
}
