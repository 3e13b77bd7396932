//go:build ipcseam

package shm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestExploreMailslots plays plans with mailslots in random interleavings, as
// TestExplore does, with the same variables.
func TestExploreMailslots(t *testing.T) {
	var sum mailTally
	playSchedules(t, exploreFor(t)/2, &sum, func(seed uint64) (fmt.Stringer, error) {
		h, err := exploreMail(seed, newMailPlan(rand.New(rand.NewPCG(seed, 3))))
		if err == nil {
			sum.add(h)
		}
		return h, err
	})
}

// A mailTally counts what was explored.
type mailTally struct{ schedules, steps, calls, sent, received, deaths, blocked int }

func (s *mailTally) add(h *mailRun) {
	s.schedules++
	s.steps += h.m.steps
	for _, r := range h.records {
		switch {
		case r.verb == mDie:
			s.deaths++
			continue
		case r.end == noEnd:
			s.blocked++
		case r.code == nil && (r.verb == mPut || r.verb == mTryPut):
			s.sent++
		case r.code == nil && (r.verb == mGet || r.verb == mTryGet):
			s.received++
		}
		s.calls++
	}
}

func (s mailTally) String() string {
	return fmt.Sprintf("%d schedules, %d operations, %d messages sent, %d received, %d blocked for good, %d deaths, %d steps",
		s.schedules, s.calls, s.sent, s.received, s.blocked, s.deaths, s.steps)
}
