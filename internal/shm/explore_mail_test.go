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

// Plans of defects that were found, each explored again in many schedules.
var mailRegressions = []struct {
	name      string
	schedules uint64
	plan      mailPlan
}{
	// While a Close waited for a Put to end, another returned at once, and the
	// gate was taken away from the Put: two wrote at the same time, what was sent
	// was said not to be, and nobody told the reader.
	{"put beside close beside leave", 1000, mailPlan{queue: minRing, procs: 3, programs: []mailProgram{
		{0, []mailCall{{verb: mGet}, {verb: mGet}, {verb: mTryGet}}},
		{1, []mailCall{putOf(minRing - wordSize), putOf(minRing - wordSize)}},
		{1, []mailCall{{verb: mCloseWriter}}},
		{1, []mailCall{{verb: mLeave}}},
		{2, []mailCall{putOf(minRing - wordSize), putOf(8)}},
	}}},
}

func putOf(size int) mailCall { return mailCall{verb: mPut, size: size} }

func TestRegressionsMailslots(t *testing.T) {
	for _, x := range mailRegressions {
		t.Run(x.name, func(t *testing.T) {
			playAll(t, x.schedules, func(seed uint64) (fmt.Stringer, error) {
				p := x.plan
				return exploreMail(seed, &p)
			})
		})
	}
}

// TestReplayMailslots is TestReplay with mailslots.
func TestReplayMailslots(t *testing.T) {
	replay(t, func(seed uint64) (*machine, error) {
		h, err := exploreMail(seed, newMailPlan(rand.New(rand.NewPCG(seed, 3))))
		return h.m, err
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
