//go:build ipcseam

package shm

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestExploreMailslots plays plans with mailslots in random interleavings, as
// TestExplore does, with the same variables.
func TestExploreMailslots(t *testing.T) {
	limit, seed := exploreFor(t)/2, uint64(time.Now().UnixNano())
	if s := os.Getenv("IPC_EXPLORE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv("IPC_EXPLORE_TRACE") != "" {
		traceTo = os.Stdout
	}
	var sum mailTally
	begin := time.Now()
	for sum.schedules == 0 || time.Since(begin) < limit {
		s := seed + uint64(sum.schedules)
		h, err := exploreMail(s, newMailPlan(rand.New(rand.NewPCG(s, 3))))
		if err != nil {
			t.Fatalf("schedule %d: %v\nrepeat it with IPC_EXPLORE_SEED=%d IPC_EXPLORE_FOR=1ns\n%s", sum.schedules, err, s, h)
		}
		sum.add(h)
	}
	t.Logf("seed %d: %v in %v", seed, sum, time.Since(begin).Round(time.Second))
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
