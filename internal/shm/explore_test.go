//go:build ipcseam

package shm

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// TestExplore plays plans in random interleavings, for 20 s or as long as
// IPC_EXPLORE_FOR says, from the seed IPC_EXPLORE_SEED on. With
// IPC_EXPLORE_TRACE=1 it prints who does every step. A schedule takes a fraction
// of a millisecond; scripts/explore plays them for longer.
func TestExplore(t *testing.T) {
	var sum tally
	playSchedules(t, exploreFor(t), &sum, func(seed uint64) (fmt.Stringer, error) {
		h, err := explore(seed, newPlan(rand.New(rand.NewPCG(seed, 2))))
		if err == nil {
			sum.add(h)
		}
		return h, err
	})
}

// playSchedules plays schedules, one at least, as long as it is told, from the
// seed IPC_EXPLORE_SEED on, and says what they came to. It is told of a
// schedule's history.
func playSchedules(t *testing.T, limit time.Duration, sum fmt.Stringer, play func(seed uint64) (fmt.Stringer, error)) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("IPC_EXPLORE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv("IPC_EXPLORE_TRACE") != "" {
		traceTo = os.Stdout
	}
	begin := time.Now()
	for s := seed; s == seed || time.Since(begin) < limit; s++ {
		if h, err := play(s); err != nil {
			t.Fatalf("%v\nrepeat it with IPC_EXPLORE_SEED=%d IPC_EXPLORE_FOR=1ns\n%s", err, s, h)
		}
	}
	t.Logf("seed %d: %v in %v", seed, sum, time.Since(begin).Round(time.Second))
}

func exploreFor(t *testing.T) time.Duration {
	s := os.Getenv("IPC_EXPLORE_FOR")
	if s == "" {
		return 10 * time.Second
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A tally counts what was explored.
type tally struct{ schedules, steps, operations, deaths, undecided int }

func (s *tally) add(h *history) {
	s.schedules++
	if h.undecided {
		s.undecided++
	}
	s.steps += h.m.steps
	for _, r := range h.records {
		if r.part == aCall {
			s.operations++
		}
	}
	for _, p := range h.m.procs {
		if p.dead {
			s.deaths++
		}
	}
}

func (s tally) String() string {
	return fmt.Sprintf("%d schedules (%d of them undecided), %d operations, %d deaths, %d steps", s.schedules, s.undecided, s.operations, s.deaths, s.steps)
}

// Plans of defects that were found, each explored again in many schedules.
var regressions = []struct {
	name      string
	schedules uint64
	plan      plan
}{
	// Close looked at the owner, an unlock beside it freed the mutex, somebody
	// else locked it, and Close took it away from him.
	{"unlock beside close", 3000, plan{
		objects: []backend.Spec{{Name: "a", Kind: backend.Mutex}},
		procs:   2,
		programs: []program{
			{proc: 0, calls: []call{on(vWait), on(vClose)}},
			{proc: 0, calls: []call{on(vUnlock)}},
			{proc: 1, calls: []call{on(vTry), on(vTry), on(vTry), on(vUnlock)}},
		},
	}},
	// A free mutex could be taken between the two halves of SignalAndWait.
	{"signal and wait for the same", 3000, plan{
		objects: []backend.Spec{{Name: "a", Kind: backend.Mutex}},
		procs:   2,
		programs: []program{
			{proc: 0, calls: []call{on(vWait), {verb: vSignalAndWait, objects: []int{0, 0}}}},
			{proc: 0, calls: []call{on(vTry), on(vTry)}},
			{proc: 1, calls: []call{on(vWait)}},
		},
	}},
	// Unlock said ErrNotOwner while a SignalAndWait beside it had the mutex
	// frozen.
	{"unlock beside signal and wait", 3000, plan{
		objects: []backend.Spec{{Name: "a", Kind: backend.Mutex}},
		procs:   2,
		programs: []program{
			{proc: 0, calls: []call{on(vWait), {verb: vSignalAndWait, objects: []int{0, 0}}}},
			{proc: 0, calls: []call{on(vUnlock)}},
			{proc: 1, calls: []call{on(vWait), on(vUnlock)}},
		},
	}},
	// Close of the namespace dropped a handle, and so did Close of the handle.
	{"close beside leave", 3000, plan{
		objects: []backend.Spec{{Name: "a", Kind: backend.Event}},
		procs:   2,
		programs: []program{
			{proc: 0, calls: []call{{verb: vLeave}}},
			{proc: 0, calls: []call{on(vClose)}},
			{proc: 1, calls: []call{on(vSet), on(vTry), on(vSet)}},
		},
	}},
	// A lock that came after its namespace was left stayed for ever.
	{"lock beside leave", 20000, plan{
		objects: []backend.Spec{{Name: "a", Kind: backend.Mutex}},
		procs:   2,
		programs: []program{
			{proc: 0, calls: []call{{verb: vLeave}}},
			{proc: 0, calls: []call{on(vTry)}},
			{proc: 0, calls: []call{on(vTry)}},
			{proc: 1, calls: []call{on(vWait), on(vUnlock), on(vWait), on(vUnlock)}},
		},
	}},
	// What a process still had to wake was counted in the slot of the next.
	{"cancel beside leave", 3000, plan{
		objects: []backend.Spec{{Name: "a", Kind: backend.Event}},
		procs:   2,
		programs: []program{
			{proc: 0, calls: []call{{verb: vWait, objects: []int{0}, cancel: true}}},
			{proc: 0, calls: []call{{verb: vWait, objects: []int{0}, cancel: true}, {verb: vLeave}}},
		},
	}},
	// A process gave the records of its waits back while it still looked at
	// them.
	{"wait beside leave", 3000, plan{
		objects: []backend.Spec{{Name: "a", Kind: backend.Event}},
		procs:   2,
		programs: []program{
			{proc: 0, calls: []call{on(vWait)}},
			{proc: 0, calls: []call{on(vWait)}},
			{proc: 0, calls: []call{{verb: vLeave}}},
			{proc: 1, calls: []call{on(vWait), on(vWait)}},
		},
	}},
	// Not a defect: a wait for any leaves the first mutex, which is free, to whoever
	// was told to come for it, gets the second, and then is faster.
	{"left to the one told to come", 3000, plan{
		objects: []backend.Spec{{Name: "a", Kind: backend.Mutex}, {Name: "b", Kind: backend.Mutex}},
		procs:   3,
		programs: []program{
			{proc: 0, calls: []call{on(vWait), {verb: vWait, objects: []int{1}}, on(vUnlock), {verb: vUnlock, objects: []int{1}}}},
			{proc: 1, calls: []call{on(vWait)}},
			{proc: 2, calls: []call{{verb: vWaitAny, objects: []int{0, 1}}, on(vTry)}},
		},
	}},
}

func TestRegressions(t *testing.T) {
	for _, x := range regressions {
		t.Run(x.name, func(t *testing.T) {
			playAll(t, x.schedules, func(seed uint64) (fmt.Stringer, error) {
				p := x.plan
				return explore(seed, &p)
			})
		})
	}
}

// playAll plays the schedules from seed 0 on.
func playAll(t *testing.T, schedules uint64, play func(seed uint64) (fmt.Stringer, error)) {
	for seed := range schedules {
		if h, err := play(seed); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, h)
		}
	}
}

// TestReplay: a seed gives the same run again, step by step.
func TestReplay(t *testing.T) {
	replay(t, func(seed uint64) (*machine, error) {
		h, err := explore(seed, newPlan(rand.New(rand.NewPCG(seed, 2))))
		return h.m, err
	})
}

func replay(t *testing.T, play func(seed uint64) (*machine, error)) {
	for seed := range uint64(200) {
		var traces [2]uint64
		for i := range traces {
			m, err := play(seed)
			if err != nil {
				t.Fatal(err)
			}
			traces[i] = m.trace
		}
		if traces[0] != traces[1] {
			t.Fatalf("seed %d takes two ways", seed)
		}
	}
}
