package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/winsys-go/ipc"
)

func init() {
	Register("crowd", crowdRole)
	Register("queue", queueRole)
}

const crowdEvents = 1000

// crowdFigures are many waits, and many processes.
func crowdFigures() []Figure {
	threadCount, memoryEach, release := Quantity{"threads", ""}, Quantity{"memory each", "B"}, Quantity{"release", "ns"}
	median := tripQuantities[0]
	return []Figure{
		{
			Name:       "crowd/goroutines",
			What:       "100,000 goroutines of one process are blocked on 1,000 events, then released",
			Quantities: []Quantity{threadCount, memoryEach, release},
			Rounds:     3,
			Sized:      true,
			Targets: []Target{
				atMost(threadCount, float64(2*runtime.GOMAXPROCS(0)+12)),
				atMost(memoryEach, 4096),
				atMost(release, float64(200*time.Millisecond)),
			},
			Setup: func(s *Stage) []Subject {
				return []Subject{{Name: Ours, Measure: func() Values {
					p := s.Start("crowd", s.Namespace().Dir(), s.Count(100_000))
					defer p.End()
					return p.Ask(0)
				}}}
			},
		},
		{
			Name:       "crowd/hot pair",
			What:       "a hand-off on one processor in the process where 100,000 goroutines are blocked",
			Quantities: tripQuantities,
			Baseline:   "alone",
			Sized:      true,
			Targets:    []Target{times(median.Name, "alone", 1.1)},
			Setup: func(s *Stage) []Subject {
				return []Subject{s.hotPair(Ours, s.Count(100_000)), s.hotPair("alone", 0)}
			},
		},
		{
			Name:       "crowd/processes",
			What:       "a hand-off on one processor while so many processes are blocked in the namespace",
			Quantities: tripQuantities,
			X:          "processes",
			Sized:      true,
			Targets: []Target{{
				Text:  "median with 1000 processes ≤ 1.5 × with 2",
				limit: 1.5,
				of: func(r Round) (float64, bool) {
					return r.ratio(median.Name, key(Ours, 1000), key(Ours, 2))
				},
			}},
			Setup: func(s *Stage) (all []Subject) {
				for _, count := range s.Crowds(2, 20, 200, 1000) {
					n := s.Namespace()
					s.present(n, count-2)
					subject := s.pair(Ours, n, HandOff{}, nil)
					subject.X = float64(count)
					all = append(all, subject)
				}
				return all
			},
		},
		{
			Name:       "crowd/waiters",
			What:       "an event of another process wakes the first of so many that wait for it, and that one answers",
			Quantities: tripQuantities,
			X:          "waiters",
			Setup: func(s *Stage) (all []Subject) {
				for _, count := range s.Crowds(2, 100, 1000, 10_000, 100_000) {
					all = append(all, s.queued(count))
				}
				return all
			},
		},
	}
}

// queued is a round trip with a process in which so many goroutines wait for
// the same event in turn.
func (s *Stage) queued(count int) Subject {
	n := s.Namespace()
	s.Start("queue", n.Dir(), count)
	ping := s.Start("ping", n.Dir(), 0)
	return Subject{Name: Ours, X: float64(count), Measure: func() Values { return ping.Ask(s.Count(5000), 0) }}
}

func queueRole(r *Role) {
	n := r.Namespace()
	ping, pong := Must(n.CreateEvent("ping", nil)), Must(n.CreateEvent("pong", nil))
	for range r.Number(1) {
		go func() {
			for {
				Check(ping.Wait(context.Background()))
				Check(pong.Set())
			}
		}()
	}
	untilWaiters(r.Number(1), ping.Info)
	pin(0)
	r.Ready()
	r.Order()
}

// hotPair is a hand-off with a process in which so many goroutines are blocked.
func (s *Stage) hotPair(name string, blocked int) Subject {
	n := s.Namespace()
	s.Start("pong", n.Dir(), 0)
	p := s.Start("crowd", n.Dir(), blocked)
	return Subject{Name: name, Measure: func() Values { return p.Ask(s.Count(5000)) }}
}

// crowdRole blocks goroutines. An order of so many round trips is answered
// with their times; one of none ends it all and is answered with what the crowd
// cost.
func crowdRole(r *Role) {
	n, count := r.Namespace(), r.Number(1)
	events := make([]*ipc.Event, crowdEvents)
	for i := range events {
		events[i] = Must(n.CreateEvent("", &ipc.EventOptions{ManualReset: i%2 == 0}))
	}
	before := resident()
	var done sync.WaitGroup
	for i := range count {
		done.Go(func() { Check(events[i%crowdEvents].Wait(context.Background())) })
	}
	for i, e := range events {
		untilWaiters(share(i, count), e.Info)
	}
	grown := resident() - before
	r.Ready()
	for {
		order := r.Order()[0]
		if order == 0 {
			v := releaseAll(events, count, &done)
			if grown > 0 {
				v["memory each"] = float64(grown) / float64(count)
			}
			r.Say(v)
			return
		}
		pin(0)
		r.Say(roundTrips(eventTrip(n), order, 0))
	}
}

// share is how many of count goroutines wait for event i.
func share(i, count int) int { return (count + crowdEvents - 1 - i) / crowdEvents }

func releaseAll(events []*ipc.Event, count int, done *sync.WaitGroup) Values {
	most := threads()
	begin := now()
	for i, e := range events {
		sets := 1
		if i%2 == 1 {
			sets = share(i, count)
		}
		for range sets {
			Check(e.Set())
		}
	}
	done.Wait()
	v := Values{"release": float64(now() - begin)}
	if most = max(most, threads()); most > 0 {
		v["threads"] = float64(most)
	}
	return v
}

// idleFigures are what a process costs that only waits.
func idleFigures() []Figure {
	wakeUps, cpu := Quantity{"wake-ups", ""}, Quantity{"CPU time", "ns"}
	const span = 10 * time.Second
	return []Figure{{
		Name:       "idle",
		What:       fmt.Sprintf("a process with 1,000 blocked waits to which nothing happens, in %v", span),
		Quantities: []Quantity{wakeUps, cpu},
		Rounds:     1,
		Sized:      true,
		Targets:    []Target{atMost(wakeUps, 0)},
		Setup: func(s *Stage) []Subject {
			if runtime.GOOS != "linux" {
				s.Absent() // nothing says what a process does
			}
			p := s.Start("crowd", s.Namespace().Dir(), 1000)
			return []Subject{{Name: Ours, Measure: func() Values {
				return idle(p.PID(), time.Duration(s.reduce(int(span/time.Millisecond), 10, 100))*time.Millisecond)
			}}}
		},
	}}
}
