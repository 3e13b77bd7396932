package shm

import (
	"sync/atomic"

	"github.com/winsys-go/ipc/internal/backend"
)

// Spinning on an object's state before queueing finds a signal that comes soon
// from another processor in a tenth of a microsecond, where sleeping costs
// fifty. It is worth it only if it finds one: each handle keeps a score of how
// that went lately. What it spins on is the state alone, so that there is
// nothing to undo.

const (
	// spinMost is the longest spin, in pauses of 25 ns: more than it takes a
	// sleeping processor to wake, or two sleepers would never find each other.
	spinMost   = 2000
	spinFirst  = spinMost / 4
	scoreFirst = 2
	scoreMost  = 8
	probeFirst = 8    // without a score, every eighth wait tries all the same
	probeMost  = 1024 // and less often, if that does not pay either
)

// A spinner is the policy of one handle. Races between goroutines only blur
// it.
type spinner struct {
	started atomic.Bool
	score   atomic.Int32
	budget  atomic.Int32
	every   atomic.Int32
	since   atomic.Int32 // waits without a spin
}

// next says how long to spin before this wait, and whether it is a probe.
func (s *spinner) next() (budget int32, probe bool) {
	if !s.started.Load() {
		s.score.Store(scoreFirst)
		s.budget.Store(spinFirst)
		s.every.Store(probeFirst)
		s.started.Store(true)
	}
	if s.score.Load() > 0 {
		return s.budget.Load(), false
	}
	if s.since.Add(1) < s.every.Load() {
		return 0, false
	}
	s.since.Store(0)
	return spinMost, true
}

func (s *spinner) found(after int32, probe bool) {
	if probe {
		s.score.Store(scoreMost / 2)
		s.every.Store(max(s.every.Load()/2, 1))
		s.budget.Store(min(2*after+64, spinMost))
		return
	}
	s.score.Store(min(s.score.Load()+1, scoreMost))
	b := s.budget.Load()
	s.budget.Store(min(max(2*after+64, b-b/16), spinMost))
}

func (s *spinner) missed(probe bool) {
	if probe {
		s.every.Store(min(s.every.Load()*2, probeMost))
		return
	}
	s.score.Store(s.score.Load() - 2)
	s.budget.Store(min(s.budget.Load()*2, spinMost))
}

// spinFor spins until o's signal is consumed or it does not seem worth it any
// more. One goroutine of a process spins at a time.
func (o *Object) spinFor() (ok, wasAbandoned bool, err error) {
	n := o.n
	budget, probe := o.spin.next()
	if budget == 0 || n.processors.Load() < 2 || o.local.Load() || !n.spinning.CompareAndSwap(false, true) {
		return false, false, nil
	}
	defer n.spinning.Store(false)
	pause := 1
	for spent := int32(0); spent < budget; spent += int32(pause) {
		n.sys.Pause(pause)
		if o.seemsSignalled() {
			if ok, wasAbandoned, err = o.tryFast(); ok || err != nil {
				o.spin.found(spent, probe)
				return ok, wasAbandoned, err
			}
		}
		if o.kind == backend.Mutex {
			pause = min(pause*2, 64) // others spin for it, too
		}
	}
	o.spin.missed(probe)
	return false, false, nil
}

// seemsSignalled looks at the state without disturbing its cache line.
func (o *Object) seemsSignalled() bool {
	if o.kind == backend.Mailslot {
		return !o.ring.empty()
	}
	p := payload(o.word.load())
	if o.kind == backend.Mutex {
		return p == 0
	}
	return p != 0
}
