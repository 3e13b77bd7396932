//go:build ipcseam

package shm

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// Death at every step, by simulation: one process does an operation on an
// object in every relevant state, while others wait for it, and dies at each
// of its steps; then the next operations must work, and everything that was
// seen must have an explanation in the specification. In the second round,
// the one who clears up dies as well, at each of its steps.
//
// A process that dies before it looks at something leaves the same memory as
// one that dies before the next change, so only changes, among which are all
// calls of the system, count as steps.

// A situation is a plan whose first program is the victim's.
type situation struct {
	name string
	plan plan
}

// The processes of a situation: the victim, two who wait, and one who comes
// after everybody else has come to rest.
const (
	victim = iota
	waiterB
	waiterC
	follower
)

var mainObjects = []backend.Spec{
	{Name: "a", Kind: backend.Event},
	{Name: "a", Kind: backend.Event, ManualReset: true},
	{Name: "a", Kind: backend.Mutex},
	{Name: "a", Kind: backend.Semaphore, Initial: 1, Max: 3},
	{Name: "a", Kind: backend.Semaphore, Initial: 1, Max: 3, Reclaim: true},
	{Name: "a", Kind: backend.Timer},
}

// before are the states that the victim brings the object into, so that the
// waits block or not.
var before = map[backend.Kind][][]call{
	backend.Event:     {nil, {on(vSet)}},
	backend.Mutex:     {nil, {on(vWait)}},
	backend.Semaphore: {nil, {on(vTry)}},
	backend.Timer:     {nil, {{verb: vArm, objects: []int{0}}}},
}

// waits are who is in the queues.
var waits = [][]program{
	nil,
	{{proc: waiterB, calls: []call{on(vWait)}}},
	{{proc: waiterB, calls: []call{on(vWait)}}, {proc: waiterC, calls: []call{on(vWait)}}},
	{{proc: waiterB, calls: []call{{verb: vWaitAny, objects: []int{1, 0}}}}, {proc: waiterC, calls: []call{on(vWait)}}},
	{{proc: waiterB, calls: []call{{verb: vWaitAll, objects: []int{0, 1}}}}, {proc: waiterC, calls: []call{on(vWait)}}},
}

// on is an operation of the main object.
func on(v verb) call { return call{verb: v, objects: []int{0}, count: 1} }

// after is what the follower does, by the kind of the main object.
var after = map[backend.Kind][]call{
	backend.Event:     {on(vSet), on(vTry), on(vSet), on(vSet)},
	backend.Mutex:     {on(vTry), on(vUnlock), on(vTry), on(vUnlock)},
	backend.Semaphore: {on(vTry), {verb: vRelease, objects: []int{0}, count: 2}, on(vTry)},
	backend.Timer:     {on(vTry), {verb: vArm, objects: []int{0}}, on(vTry), {verb: vArm, objects: []int{0}}},
}

// operations are what the victim does.
func operations(kind backend.Kind) (list []call) {
	for _, v := range slices.Compact(slices.Sorted(slices.Values(single[kind]))) {
		list = append(list, on(v))
	}
	both := []int{0, 1}
	return append(list,
		call{verb: vWait, objects: []int{0}, cancel: true},
		call{verb: vWaitAny, objects: both, cancel: true}, call{verb: vWaitAll, objects: both, cancel: true},
		call{verb: vTryAny, objects: both}, call{verb: vTryAll, objects: both},
		call{verb: vSignalAndWait, objects: []int{0, 1}, cancel: true}, call{verb: vSignalAndWait, objects: []int{1, 0}, cancel: true},
		on(vClose),
		call{verb: vCreate, spec: backend.Spec{Name: "a", Kind: kind, Max: 1}},
		call{verb: vCreate, spec: backend.Spec{Name: "new", Kind: kind, Max: 1}},
		call{verb: vLeave},
	)
}

func situations() (list []situation) {
	for _, spec := range mainObjects {
		for _, set := range []bool{false, true} {
			for b, prior := range before[spec.Kind] {
				for w, others := range waits {
					for _, owner := range []bool{false, true} {
						if owner && spec.Kind != backend.Mutex || set && w < 3 && w > 0 {
							continue
						}
						for _, op := range operations(spec.Kind) {
							list = append(list, newSituation(spec, set, b, prior, w, others, owner, op))
						}
					}
				}
			}
		}
	}
	return list
}

func newSituation(spec backend.Spec, set bool, b int, prior []call, w int, others []program, owner bool, op call) situation {
	g := program{proc: victim, owner: owner, calls: append(slices.Clone(prior), op)}
	p := plan{
		objects: []backend.Spec{spec, {Name: "b", Kind: backend.Event, Set: set}},
		procs:   4,
		later:   1,
	}
	p.programs = append(p.programs, g)
	p.programs = append(p.programs, others...)
	p.programs = append(p.programs, program{proc: follower, calls: after[spec.Kind]})
	name := fmt.Sprintf("%+v, b set %v, state %d, waits %d, owner %v: %v", spec, set, b, w, owner, op)
	return situation{name, p}
}

// A stagedPolicy lets everybody come to rest before the victim does his
// operation.
type stagedPolicy struct{ priorityPolicy }

func (p *stagedPolicy) enter(a *simActor) {
	a.priority = map[string]int{"program 0": 1, "canceller": -1}[a.name]
	switch {
	case a.p.number-1 > follower:
		a.priority = -1 // the observer watches, too, but last
	case a.name == "watcher" || a.name == "dispatcher":
		a.priority = 3
	case a.p.number-1 != victim:
		a.priority = 2
	}
}

func (p *stagedPolicy) pause(*simActor) {}

func (p *stagedPolicy) stay(*simActor) bool { return false }

// A deathRun is one run of a situation.
type deathRun struct {
	h       *history
	err     error
	changes int // by the victim in his operation, or by others after his death
	again   int
}

// dies runs a situation in which the victim dies before change k of his
// operation and, unless j is 0, whoever makes change j after that dies, too.
func (s *situation) dies(k, j int) (r deathRun) {
	m := newMachine(uint64(k*1000 + j))
	defer m.off()
	defer func() {
		if x := recover(); x != nil {
			r.err = fmt.Errorf("%v", x)
		}
	}()
	m.policy = &stagedPolicy{}
	p := s.plan
	r.h = prepare(m, &p)
	last := len(p.programs[0].calls) - 1
	m.watch = func(what access) {
		r.h.watch(what)
		a := m.running
		dead := m.procs[victim].dead
		switch {
		case what != change:
		case a.p.number-1 == victim && !dead && r.h.at(0) == last:
			if r.changes++; r.changes == k {
				r.h.kill(a.p)
			}
		case dead && a.p.number-1 != victim && a.p.number-1 < follower:
			if r.again++; r.again == j {
				r.h.kill(a.p)
			}
		}
	}
	r.err = r.h.finish()
	if last := len(p.programs) - 1; r.err == nil {
		r.h.startProgram(last, p.programs[last])
		r.err = r.h.finish()
	}
	return r
}

// TestDeaths lets the victim of every situation die at each of his steps; with
// IPC_EXPLORE_DEATHS=all, whoever clears up after him dies at each of his, too,
// and otherwise at some.
func TestDeaths(t *testing.T) {
	all := os.Getenv("IPC_EXPLORE_DEATHS") == "all"
	list := situations()
	if testing.Short() {
		list = list[:len(list)/20]
	}
	begin := time.Now()
	single, double := 0, 0
	for i, s := range list {
		for k := 1; ; k++ {
			r := s.dies(k, 0)
			if r.err != nil {
				t.Fatalf("situation %d (%s), death at change %d: %v\n%s", i, s.name, k, r.err, r.h)
			}
			if r.changes < k {
				break
			}
			single++
			for j := 1; j <= r.again; j++ {
				if !all && (k+j+i)%400 != 0 {
					continue
				}
				double++
				if x := s.dies(k, j); x.err != nil {
					t.Fatalf("situation %d (%s), deaths at changes %d and %d: %v\n%s", i, s.name, k, j, x.err, x.h)
				}
			}
		}
	}
	t.Logf("%d situations, %d deaths, %d double deaths in %v", len(list), single, double, time.Since(begin).Round(time.Second))
}
