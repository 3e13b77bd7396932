package bench

import (
	"context"
	"fmt"

	"github.com/winsys-go/ipc"
)

func init() { Register("ping-many", pingManyRole) }

// waitSizes are the numbers of objects of a wait.
var waitSizes = []float64{1, 2, 8, 64}

var (
	anyQuantity = Quantity{"any", "ns"}
	allQuantity = Quantity{"all", "ns"}
)

// waitManyFigures are waits for several events. Both waits are of the same
// events: for any, the last of them is set; for all, all are.
func waitManyFigures() []Figure {
	most := waitSizes[len(waitSizes)-1]
	figure := func(name, what string, limit float64, subject func(s *Stage, n int) func() Values) Figure {
		return Figure{
			Name: name, What: what,
			Quantities: []Quantity{anyQuantity, allQuantity},
			X:          "objects",
			Targets: []Target{
				slopeAtMost("object", "any", 1, most, limit),
				{
					Text:  fmt.Sprintf("all ≤ 2 × any, with %g objects", most),
					limit: 2,
					of: func(r Round) (float64, bool) {
						v := r[key(Ours, most)]
						return v["all"] / v["any"], v["any"] > 0
					},
				},
			},
			Setup: func(s *Stage) (all []Subject) {
				for _, n := range waitSizes {
					all = append(all, Subject{Name: Ours, X: n, Measure: subject(s, int(n))})
				}
				return all
			},
		}
	}
	return []Figure{
		figure("wait/signalled", "WaitAny and WaitAll of events that are set already", 15, (*Stage).waitSignalled),
		figure("wait/blocked", "the same blocked, in a round trip of two processes on one processor", 60, (*Stage).waitBlocked),
	}
}

// waitables makes so many events, and gives them as what can be waited for.
func waitables(n *ipc.Namespace, count int) (events []*ipc.Event, all []ipc.Waitable) {
	for range count {
		e := Must(n.CreateEvent("", nil))
		events, all = append(events, e), append(all, e)
	}
	return events, all
}

func (s *Stage) waitSignalled(count int) func() Values {
	events, all := waitables(s.Namespace(), count)
	last, ctx := events[count-1:], context.Background()
	return func() Values {
		return Values{
			"any": waitTime(s.Count(20_000), last, func() { Must(ipc.WaitAny(ctx, all...)) }),
			"all": waitTime(s.Count(20_000), events, func() { Must(ipc.WaitAll(ctx, all...)) }),
		}
	}
}

// waitTime is the median time of a wait. The time in which the events are set
// does not count.
func waitTime(count int, set []*ipc.Event, wait func()) float64 {
	times := make([]float64, count)
	for i := range times {
		for _, e := range set {
			e.Set()
		}
		begin := now()
		wait()
		times[i] = float64(now() - begin)
	}
	return Median(times)
}

func (s *Stage) waitBlocked(count int) func() Values {
	n := s.Namespace()
	s.Start("pong", n.Dir(), 0)
	ping := s.Start("ping-many", n.Dir(), count)
	return func() Values { return ping.Ask(s.Count(5000)) }
}

// pingManyRole makes round trips, and waits for several events: pong and
// others.
func pingManyRole(r *Role) {
	n, ctx := r.Namespace(), context.Background()
	ping, pong := Must(n.OpenEvent("ping")), Must(n.OpenEvent("pong"))
	others, all := waitables(n, r.Number(1)-1)
	all = append(all, pong)
	pin(0)
	r.Ready()
	trip := func(count int, set []*ipc.Event, wait func() (ipc.Result, error)) float64 {
		return waitTime(count, set, func() {
			ping.Set()
			Must(wait())
		})
	}
	for {
		count := r.Order()[0]
		r.Say(Values{
			"any": trip(count, nil, func() (ipc.Result, error) { return ipc.WaitAny(ctx, all...) }),
			"all": trip(count, others, func() (ipc.Result, error) { return ipc.WaitAll(ctx, all...) }),
		})
	}
}
