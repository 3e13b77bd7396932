// Package spin says whether to look again for a while before going to sleep.
//
// What comes soon from another processor is found so in a tenth of a
// microsecond, where sleeping costs fifty. It is worth it only if something is
// found: a Policy keeps a score of how that went lately.
package spin

import "sync/atomic"

const (
	// most is the longest spin, in pauses of 25 ns: more than it takes a
	// sleeping processor to wake, or two sleepers would never find each other.
	most       = 2000
	first      = most / 4
	scoreFirst = 2
	scoreMost  = 8
	probeFirst = 8    // without a score, every eighth wait tries all the same
	probeMost  = 1024 // and less often, if that does not pay either
)

// A Policy is that of one place where is waited. Its zero value is ready; races
// between goroutines only blur it.
type Policy struct {
	started atomic.Bool
	score   atomic.Int32
	budget  atomic.Int32
	every   atomic.Int32
	since   atomic.Int32 // waits without a spin
}

// Begin begins anew, with spins of so many pauses.
func (s *Policy) Begin(budget int32) {
	s.score.Store(scoreFirst)
	s.budget.Store(budget)
	s.every.Store(probeFirst)
	s.started.Store(true)
}

// Next says how long to spin before this wait, and whether it is a probe.
func (s *Policy) Next() (budget int32, probe bool) {
	if !s.started.Load() {
		s.Begin(first)
	}
	if s.score.Load() > 0 {
		return s.budget.Load(), false
	}
	if s.since.Add(1) < s.every.Load() {
		return 0, false
	}
	s.since.Store(0)
	return most, true
}

// Found says that a spin found something, after so many pauses.
func (s *Policy) Found(after int32, probe bool) {
	if probe {
		s.score.Store(scoreMost / 2)
		s.every.Store(max(s.every.Load()/2, 1))
		s.budget.Store(min(2*after+64, most))
		return
	}
	// Stores only what changes: whoever has found something is in a hurry.
	if score := s.score.Load(); score < scoreMost {
		s.score.Store(score + 1)
	}
	if b, want := s.budget.Load(), 2*after+64; want > b || want < b/2 {
		s.budget.Store(min(max(want, b-b/16), most))
	}
}

// Missed says that one did not.
func (s *Policy) Missed(probe bool) {
	if probe {
		s.every.Store(min(s.every.Load()*2, probeMost))
		return
	}
	s.score.Store(s.score.Load() - 2)
	s.budget.Store(min(s.budget.Load()*2, most))
}
