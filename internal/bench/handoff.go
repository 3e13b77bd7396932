package bench

import (
	"context"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/winsys-go/ipc"
)

func init() {
	Register("ping", pingRole)
	Register("pong", pongRole)
	Register("hog", hogRole)
}

// Names of peers that targets refer to.
const (
	Futex       = "C futex"
	SpinLoop    = "C spin loop"
	NotSpinning = "ipc, not spinning"
)

// A HandOff is how two processes meet: on which processor the second runs, the
// first being on 0, how long the first computes before each round trip, so
// that the second is asleep by then, and whether two hogs compute beside them.
type HandOff struct {
	Figure string
	CPU    int
	Pause  time.Duration
	Hogs   bool

	what     string
	baseline string
	targets  []Target
}

// HandOffs are all that are measured.
var HandOffs = []HandOff{
	{
		Figure:   "hand-off/same-core",
		what:     "an event there and one back, both processes on one processor",
		baseline: Futex,
		targets:  []Target{times("median", Futex, 1.05), atMost(tripQuantities[1], 20_000)},
	},
	{
		Figure: "hand-off/across-cores, asleep", CPU: 1, Pause: 200 * time.Microsecond,
		what:     "the same on two processors, of which the other is asleep",
		baseline: Futex,
		targets:  []Target{times("median", Futex, 1.1)},
	},
	{
		Figure: "hand-off/across-cores, busy", CPU: 1,
		what:     "the same when both do nothing else: spinning",
		baseline: SpinLoop,
		targets:  []Target{atMost(tripQuantities[0], 200), times("median", SpinLoop, 1.1)},
	},
	{
		Figure: "hand-off/beside hogs", Hogs: true,
		what:     "on one processor with two programs that compute",
		baseline: Futex,
		targets:  []Target{times("median", NotSpinning, 1.1)},
	},
}

// Trips is how many round trips a round has.
func (h HandOff) Trips(s *Stage) int {
	switch {
	case h.Hogs, h.Pause > 0:
		return s.Count(500)
	case h.CPU > 0:
		return s.Count(3000)
	}
	return s.Count(10_000)
}

func handOffFigures() []Figure {
	var all []Figure
	for _, h := range HandOffs {
		all = append(all, Figure{
			Name: h.Figure, What: h.what, Quantities: tripQuantities, Baseline: h.baseline, Targets: h.targets,
			Setup: func(s *Stage) []Subject { return s.handOffs(h) },
		})
	}
	return all
}

func (s *Stage) handOffs(h HandOff) []Subject {
	subjects := []Subject{s.pair(Ours, s.Namespace(), h, nil)}
	if h.Hogs {
		for range 2 {
			s.Start("hog")
		}
		subjects = append(subjects, s.pair(NotSpinning, s.Namespace(), h, environment("GOMAXPROCS=1")))
	}
	return subjects
}

// pair starts two processes that hand off events.
func (s *Stage) pair(name string, n *ipc.Namespace, h HandOff, change func(*exec.Cmd)) Subject {
	return s.pairOf("ping", "pong", name, n, h, change)
}

// pairOf starts two processes that hand off, in the roles of the first and the
// second.
func (s *Stage) pairOf(first, second, name string, n *ipc.Namespace, h HandOff, change func(*exec.Cmd)) Subject {
	pong := s.Begin(change, second, n.Dir(), h.CPU)
	pong.Await()
	ping := s.Begin(change, first, n.Dir(), 0)
	ping.Await()
	return Subject{Name: name, Measure: func() Values {
		return ping.Ask(h.Trips(s), int(h.Pause))
	}}
}

func pingRole(r *Role) {
	n := r.Namespace()
	trip := eventTrip(n)
	pin(r.Number(1))
	r.Ready()
	r.serveTrips(trip)
}

// eventTrip is a round trip with a process in the role "pong".
func eventTrip(n *ipc.Namespace) func() {
	ping, pong, ctx := Must(n.OpenEvent("ping")), Must(n.OpenEvent("pong")), context.Background()
	return func() {
		ping.Set()
		Check(pong.Wait(ctx))
	}
}

// serveTrips makes round trips as it is ordered: how many, and for how long to
// compute before each.
func (r *Role) serveTrips(trip func()) {
	for {
		order := r.Order()
		r.Say(roundTrips(trip, order[0], time.Duration(order[1])))
	}
}

// roundTrips makes round trips, and computes before each of them.
func roundTrips(trip func(), count int, pause time.Duration) Values {
	times := make([]float64, count)
	for i := range times {
		compute(pause)
		begin := now()
		trip()
		times[i] = float64(now() - begin)
	}
	return trips(times)
}

// compute is busy for some time.
func compute(d time.Duration) {
	for end := now() + int64(d); d > 0 && now() < end; {
	}
}

// computeEverywhere is compute on all processors.
func computeEverywhere(d time.Duration) {
	var all sync.WaitGroup
	for range runtime.NumCPU() {
		all.Go(func() { compute(d) })
	}
	all.Wait()
}

func pongRole(r *Role) {
	n := r.Namespace()
	ping, pong := Must(n.CreateEvent("ping", nil)), Must(n.CreateEvent("pong", nil))
	pin(r.Number(1))
	go func() {
		for {
			Check(ping.Wait(context.Background()))
			pong.Set()
		}
	}()
	r.Ready()
	r.Order()
}

// hogRole computes for ever on processor 0.
func hogRole(r *Role) {
	pin(0)
	go func() {
		runtime.LockOSThread()
		for {
			compute(time.Second)
		}
	}()
	r.Ready()
	r.Order()
}
