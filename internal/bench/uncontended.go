package bench

import (
	"context"
	"runtime"
	"time"

	"github.com/winsys-go/ipc"
)

func init() {
	Register("traced", tracedRole)
	Register("present", presentRole)
}

// Names of peers that targets refer to.
const (
	Mutex     = "glibc robust mutex"
	Semaphore = "glibc sem_t"
	Flock     = "flock"
)

// A pair is two operations that cancel each other out.
type pair struct {
	name string
	make func(n *ipc.Namespace) func(count int)
}

var pairs = []pair{
	{"set+trywait", func(n *ipc.Namespace) func(int) {
		e := Must(n.CreateEvent("", nil))
		return func(count int) {
			for range count {
				e.Set()
				e.TryWait()
			}
		}
	}},
	{"release+tryacquire", func(n *ipc.Namespace) func(int) {
		s := Must(n.CreateSemaphore("", &ipc.SemaphoreOptions{Max: 10}))
		return func(count int) {
			for range count {
				s.Release(1)
				s.TryAcquire()
			}
		}
	}},
	{"lock+unlock", func(n *ipc.Namespace) func(int) {
		ctx, m := context.Background(), Must(n.CreateMutex("", nil))
		return func(count int) {
			for range count {
				m.Lock(ctx)
				m.Unlock()
			}
		}
	}},
}

func uncontendedFigures() []Figure {
	var all []Figure
	quantities := []Quantity{timeQuantity, {"allocations", ""}, {"system calls", ""}}
	for i, p := range pairs {
		all = append(all, Figure{
			Name:       "uncontended/" + p.name,
			What:       "a pair of operations that nobody disturbs",
			Quantities: quantities,
			Baseline:   Mutex,
			Targets: []Target{
				times("time", Mutex, 0.8),
				times("time", Flock, 1.0/500),
				atMost(quantities[1], 0),
				atMost(quantities[2], 0),
			},
			Setup: func(s *Stage) []Subject { return []Subject{s.uncontended(i)} },
		})
	}
	return append(all, besideFigure())
}

// PairTime is how long one pair of count takes: the median of 20 parts, since
// somebody else may have the processor during one.
func PairTime(count int, do func(count int)) Values {
	const parts = 20
	each := max(count/parts, 1)
	times := make([]float64, parts)
	for i := range times {
		begin := time.Now()
		do(each)
		times[i] = float64(time.Since(begin).Nanoseconds()) / float64(each)
	}
	return Values{"time": Median(times)}
}

func (s *Stage) uncontended(i int) Subject {
	n := s.Namespace()
	do := pairs[i].make(n)
	return Subject{Name: Ours, Measure: func() Values {
		v := PairTime(s.Count(500_000), do)
		v["allocations"] = allocations(do, 1000)
		if calls, ok := systemCalls(s, 500, "traced", n.Dir(), i); ok {
			v["system calls"] = calls
		}
		return v
	}}
}

// allocations counts those of a pair.
func allocations(do func(int), count int) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do(count)
	runtime.ReadMemStats(&after)
	// What the runtime itself allocates in the meantime is not a whole number
	// each.
	return float64((after.Mallocs - before.Mallocs) / uint64(count))
}

// besideFigure is what others who do something else cost.
func besideFigure() Figure {
	f := Figure{
		Name:     "uncontended/in company",
		What:     "the same while 1,000 other objects and 100 processes exist",
		Baseline: "alone",
		Sized:    true,
		Rounds:   21,
		Setup: func(s *Stage) []Subject {
			crowded := s.Namespace()
			for range s.Crowd(1000) {
				Must(crowded.CreateEvent("", nil))
			}
			s.present(crowded, s.Crowd(100))
			return []Subject{s.allPairs(Ours, crowded), s.allPairs("alone", s.Namespace())}
		},
	}
	for _, p := range pairs {
		f.Quantities = append(f.Quantities, Quantity{p.name, "ns"})
		f.Targets = append(f.Targets, times(p.name, "alone", 1.1))
	}
	return f
}

func (s *Stage) allPairs(name string, n *ipc.Namespace) Subject {
	var do []func(int)
	for _, p := range pairs {
		do = append(do, p.make(n))
	}
	return Subject{Name: name, Measure: func() Values {
		v := Values{}
		for i, p := range pairs {
			v[p.name] = PairTime(s.Count(100_000), do[i])["time"]
		}
		return v
	}}
}

// present starts processes that only use the namespace: each is blocked on an
// event of its own.
func (s *Stage) present(n *ipc.Namespace, count int) {
	var all []*Process
	for i := range count {
		all = append(all, s.Begin(environment("GOMAXPROCS=1"), "present", n.Dir()))
		if i >= 4 {
			all[i-4].Await() // a few at a time
		}
	}
	for _, p := range all[max(count-4, 0):] {
		p.Await()
	}
}

func presentRole(r *Role) {
	e := Must(r.Namespace().CreateEvent("", nil))
	go e.Wait(context.Background())
	untilWaiters(1, e.Info)
	r.Ready()
	r.Order()
}

// untilWaiters returns when so many waits are blocked on an object.
func untilWaiters(want int, info func() (ipc.Info, error)) {
	for Must(info()).Waiters < want {
		runtime.Gosched()
	}
}
