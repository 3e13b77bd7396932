package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/winsys-go/ipc"
)

func init() { Register("contender", contenderRole) }

// ContendedBy are the numbers of processes that fight for one mutex.
var ContendedBy = []int{2, 4, 8}

// Limiter is the figure of a semaphore that lets few of many work.
const (
	Limiter        = "semaphore/job limiter"
	LimiterSides   = 8
	LimiterPermits = 2
	LimiterJob     = time.Microsecond
)

// Contended is the figure of so many.
func Contended(sides int) string { return fmt.Sprintf("mutex/contended by %d", sides) }

// Contention is how long a round of the two takes.
func (s *Stage) Contention() time.Duration {
	return time.Duration(s.reduce(500, 5, 10)) * time.Millisecond
}

var (
	throughput  = Quantity{"throughput", "1/s"}
	longestWait = Quantity{"longest wait", "ns"}
	leastShare  = Quantity{"least share", ""}
)

func contendedFigures() []Figure {
	var all []Figure
	for _, sides := range ContendedBy {
		least := 1.0
		if sides == 8 {
			least = 0.75
		}
		all = append(all, Figure{
			Name:       Contended(sides),
			What:       fmt.Sprintf("%d processes lock and unlock in tight loops", sides),
			Quantities: []Quantity{throughput, longestWait, leastShare},
			Baseline:   Mutex,
			Targets: []Target{
				atLeastTimes(throughput.Name, Mutex, least),
				times(longestWait.Name, Mutex, 1),
			},
			X: "processes", Series: "mutex/contended", At: float64(sides),
			Setup: func(s *Stage) []Subject {
				n := s.Namespace()
				s.Cleanup(Must(n.CreateMutex("m", nil)).Close)
				return []Subject{s.contend(n, "mutex", sides)}
			},
		})
	}
	return append(all, Figure{
		Name: Limiter,
		What: fmt.Sprintf("%d processes, %d permits, jobs of %v", LimiterSides, LimiterPermits, LimiterJob),
		// A fair share is 1.
		Quantities: []Quantity{throughput, leastShare, longestWait},
		Baseline:   Semaphore,
		Targets: []Target{
			atLeastTimes(throughput.Name, Semaphore, 0.5),
			{
				Text: "nobody starved: least share ≥ 0.1 of a fair one", limit: 0.1, least: true,
				of: func(r Round) (float64, bool) { return r.value(Ours, leastShare.Name) },
			},
		},
		Setup: func(s *Stage) []Subject {
			n := s.Namespace()
			o := ipc.SemaphoreOptions{Initial: LimiterPermits, Max: LimiterPermits}
			s.Cleanup(Must(n.CreateSemaphore("s", &o)).Close)
			return []Subject{s.contend(n, "semaphore", LimiterSides)}
		},
	})
}

// contend starts the sides, on all processors in turn.
func (s *Stage) contend(n *ipc.Namespace, what string, sides int) Subject {
	var all []*Process
	for i := range sides {
		all = append(all, s.Start("contender", n.Dir(), what, i%runtime.NumCPU()))
	}
	return Subject{Name: Ours, Measure: func() Values {
		d := s.Contention()
		begin := now() + int64(10*time.Millisecond) // for all to hear of it
		for _, p := range all {
			p.Tell(int(begin), int(begin)+int(d))
		}
		got := make([]Values, sides)
		for i, p := range all {
			p.Hear(&got[i])
		}
		return account(got, d)
	}}
}

// account sums up what the sides did in a time.
func account(sides []Values, d time.Duration) Values {
	var counts, waits []float64
	sum := 0.0
	for _, v := range sides {
		counts = append(counts, v["count"])
		waits = append(waits, v["longest"])
		sum += v["count"]
	}
	return Values{
		throughput.Name:  sum / d.Seconds(),
		longestWait.Name: Max(waits),
		leastShare.Name:  slices.Min(counts) / sum * float64(len(sides)),
	}
}

func contenderRole(r *Role) {
	n := r.Namespace()
	once := contender(n, r.Args[1])
	pin(r.Number(2))
	r.Ready()
	for {
		order := r.Order()
		r.Say(loop(int64(order[0]), int64(order[1]), once))
	}
}

// contender is what a side does again and again.
func contender(n *ipc.Namespace, what string) func() {
	ctx := context.Background()
	if what == "mutex" {
		m := Must(n.OpenMutex("m"))
		return func() {
			Must(m.Lock(ctx))
			Check(m.Unlock())
		}
	}
	s := Must(n.OpenSemaphore("s"))
	return func() {
		Check(s.Acquire(ctx))
		compute(LimiterJob)
		Must(s.Release(1))
	}
}

// loop runs once from begin to end, and gives how often and the longest time
// from one to the next.
func loop(begin, end int64, once func()) Values {
	for now() < begin {
		runtime.Gosched()
	}
	count, longest, last := 0, int64(0), now()
	for last < end {
		once()
		count++
		t := now()
		longest = max(longest, t-last)
		last = t
	}
	return Values{"count": float64(count), "longest": float64(longest)}
}
