//go:build ipcseam

package shm

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A plan is what an exploration does: some objects, which every process has
// open, and programs of a few operations that run at the same time.
type plan struct {
	objects  []backend.Spec
	programs []program
	procs    int
	deaths   []death
	hasty    bool // without timers only: nobody says when time goes on
	later    int  // programs, the last ones, that somebody else starts
}

// A program is what one thread does.
type program struct {
	proc  int
	owner bool // locks mutexes as an Owner
	calls []call
}

// A death is the end of a process at some step.
type death struct{ proc, step int }

// A call is one operation.
type call struct {
	verb    verb
	objects []int // of the plan, or one above them for what the program has opened
	count   int
	after   time.Duration
	period  time.Duration
	spec    backend.Spec
	cancel  bool // its context is cancelled at some step
}

type verb int

const (
	vSet verb = iota
	vReset
	vPulse
	vIsSet
	vTry
	vWait
	vUnlock
	vRelease
	vArm
	vDisarm
	vWaitAny
	vWaitAll
	vTryAny
	vTryAll
	vSignalAndWait
	vClose
	vCreate
	vCloseOwner
	vLeave
	verbCount
)

var verbNames = [verbCount]string{"Set", "Reset", "Pulse", "IsSet", "Try", "Wait", "Unlock", "Release", "Arm", "Disarm",
	"WaitAny", "WaitAll", "TryAny", "TryAll", "SignalAndWait", "Close", "Create", "CloseOwner", "Leave"}

var names = []string{"a", "b", "c", "d"}

// newPlan draws a plan.
func newPlan(r *rand.Rand) *plan {
	if r.IntN(6) == 0 {
		return newCrowd(r)
	}
	p := &plan{procs: 2 + r.IntN(3)}
	for i := range 1 + r.IntN(3) {
		spec := drawSpec(r, names[i])
		if spec.Kind == backend.Timer && p.count(backend.Timer) > 0 {
			spec.Kind = backend.Event // the order of two that are due at once is nobody's business
		}
		p.objects = append(p.objects, spec)
	}
	for proc := range p.procs {
		for range 1 + r.IntN(2)*r.IntN(2) {
			if len(p.programs) < 4 {
				p.programs = append(p.programs, p.drawProgram(r, proc))
			}
		}
	}
	for range max(r.IntN(5)-2, 0) {
		p.deaths = append(p.deaths, death{r.IntN(p.procs), r.IntN(800)})
	}
	return p
}

// newCrowd draws a plan in which everybody locks and unlocks one mutex, and time
// goes on.
func newCrowd(r *rand.Rand) *plan {
	p := &plan{procs: 2 + r.IntN(3), hasty: true}
	p.objects = []backend.Spec{{Name: "a", Kind: backend.Mutex}}
	for i := range max(p.procs, 3+r.IntN(2)) {
		g := program{proc: i % p.procs, owner: r.IntN(4) == 0}
		for range 1 + r.IntN(3) {
			g.calls = append(g.calls, call{verb: vWait, objects: []int{0}, cancel: r.IntN(4) == 0}, on(vUnlock))
		}
		p.programs = append(p.programs, g)
	}
	for range r.IntN(2) * r.IntN(3) {
		p.deaths = append(p.deaths, death{r.IntN(p.procs), r.IntN(1200)})
	}
	return p
}

func drawSpec(r *rand.Rand, name string) backend.Spec {
	s := backend.Spec{Name: name, Kind: []backend.Kind{backend.Event, backend.Mutex, backend.Mutex, backend.Semaphore, backend.Timer}[r.IntN(5)]}
	switch s.Kind {
	case backend.Event:
		s.ManualReset, s.Set = r.IntN(3) == 0, r.IntN(3) == 0
	case backend.Semaphore:
		s.Max = 1 + r.IntN(3)
		s.Initial, s.Reclaim = r.IntN(s.Max+1), r.IntN(2) == 0
	case backend.Timer:
		s.ManualReset = r.IntN(3) == 0
	}
	return s
}

func (p *plan) drawProgram(r *rand.Rand, proc int) program {
	g := program{proc: proc, owner: r.IntN(3) == 0}
	for range 1 + r.IntN(4) {
		g.calls = append(g.calls, p.drawCall(r))
	}
	if r.IntN(12) == 0 {
		g.calls = append(g.calls, call{verb: vLeave})
	}
	return g
}

// single are the operations of one object, by its kind.
var single = map[backend.Kind][]verb{
	backend.Event:     {vSet, vSet, vReset, vPulse, vIsSet, vTry, vWait, vWait},
	backend.Mutex:     {vTry, vWait, vWait, vUnlock, vUnlock},
	backend.Semaphore: {vTry, vWait, vWait, vRelease, vRelease},
	backend.Timer:     {vArm, vArm, vDisarm, vTry, vWait},
}

func (p *plan) drawCall(r *rand.Rand) call {
	c := call{cancel: r.IntN(3) == 0}
	count := len(p.objects)
	switch k := r.IntN(20); {
	case k < 12:
		i := r.IntN(count)
		list := single[p.objects[i].Kind]
		c.verb, c.objects = list[r.IntN(len(list))], []int{i}
		c.count = 1 + r.IntN(2)
		c.after = time.Duration(r.IntN(3)) * time.Millisecond
		c.period = time.Duration(r.IntN(2)*r.IntN(2)) * time.Millisecond
	case k < 17:
		c.verb = []verb{vWaitAny, vWaitAll, vWaitAll, vTryAny, vTryAll}[r.IntN(5)]
		c.objects = r.Perm(count)[:1+r.IntN(count)]
	case k == 17:
		c.verb, c.objects = vSignalAndWait, []int{r.IntN(count), r.IntN(count)}
	case k == 18:
		c.verb, c.objects = vClose, []int{r.IntN(count)}
	default:
		c.verb, c.spec = vCreate, drawSpec(r, names[r.IntN(len(names))])
		if r.IntN(4) == 0 && p.count(backend.Mutex) < 2 { // the order in which it abandons is its own
			c.verb = vCloseOwner
		}
	}
	return c
}

func (p *plan) count(kind backend.Kind) (count int) {
	for _, s := range p.objects {
		if s.Kind == kind {
			count++
		}
	}
	return count
}

func (c call) String() string {
	var b strings.Builder
	b.WriteString(verbNames[c.verb])
	for _, o := range c.objects {
		b.WriteString(" " + names[o])
	}
	switch c.verb {
	case vRelease:
		fmt.Fprintf(&b, " %d", c.count)
	case vArm:
		fmt.Fprintf(&b, " after %v, period %v", c.after, c.period)
	case vCreate:
		fmt.Fprintf(&b, " %+v", c.spec)
	}
	if c.cancel && c.blocks() {
		b.WriteString(", cancelled")
	}
	return b.String()
}

// blocks reports whether a call may block.
func (c call) blocks() bool {
	switch c.verb {
	case vWait, vWaitAny, vWaitAll, vSignalAndWait:
		return true
	}
	return false
}
