package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func init() {
	Register("owner", ownerRole)
	Register("heir", heirRole)
}

// Death is the figure of so many processes.
func Death(attached int) string { return fmt.Sprintf("death/%d processes", attached) }

// deathFigures are the time from SIGKILL of a mutex's owner until its waiter
// in another process has it.
func deathFigures() []Figure {
	var all []Figure
	for _, attached := range []int{2, 10, 100} {
		all = append(all, Figure{
			Name:       Death(attached),
			Baseline:   Mutex,
			What:       "the owner of a mutex is killed: until its waiter has it",
			Quantities: []Quantity{timeQuantity},
			Rounds:     21,
			Sized:      attached > 2,
			Targets: []Target{
				atMost(timeQuantity, float64(300*time.Microsecond)),
				worstAtMost(timeQuantity, float64(3*time.Millisecond)),
			},
			X: "processes", Series: "death", At: float64(attached),
			Setup: func(s *Stage) []Subject { return []Subject{s.death(max(s.Crowd(attached), 2))} },
		})
	}
	return all
}

// grownUp is the age from which on a process is fenced, by far. To clear up after a
// younger one takes a fraction of a millisecond more. Until then the processors are
// kept busy, as by the start of a process: an idle one takes up to 50 µs to wake, which
// is no part of a death.
const grownUp = 50 * time.Millisecond

func (s *Stage) death(attached int) Subject {
	n := s.Namespace()
	m := Must(n.CreateMutex("m", nil))
	heir := s.Start("heir", n.Dir())
	s.present(n, attached-2)
	return Subject{Name: Ours, Measure: func() Values {
		owner := s.Start("owner", n.Dir())
		computeEverywhere(grownUp)
		heir.Tell(1)
		untilWaiters(1, m.Info)
		begin := now()
		owner.Kill()
		var at int64
		heir.Hear(&at)
		return Values{"time": float64(at - begin)}
	}}
}

func ownerRole(r *Role) {
	Must(Must(r.Namespace().OpenMutex("m")).Lock(context.Background()))
	r.Ready()
	r.Order()
}

// heirRole waits for the mutex, again and again, and tells when it got it.
func heirRole(r *Role) {
	m := Must(r.Namespace().OpenMutex("m"))
	r.Ready()
	for {
		r.Order()
		abandoned := Must(m.Lock(context.Background()))
		at := now()
		if !abandoned {
			Check(errors.New("the mutex of a dead owner is not abandoned"))
		}
		Check(m.Unlock())
		r.Say(at)
	}
}
