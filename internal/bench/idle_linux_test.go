package bench

import (
	"testing"
	"time"
)

// TestIdle: a process with blocked waits that nothing happens to makes no
// wake-ups.
func TestIdle(t *testing.T) {
	s := &Stage{}
	defer s.close()
	p := s.Start("crowd", s.Namespace().Dir(), 1000)
	woken := idle(p.PID(), 2*time.Second)["wake-ups"]
	t.Logf("%v wake-ups in 2 s", woken)
	// The runtime's own housekeeping may wake up now and then.
	if woken > 10 {
		t.Errorf("an idle process woke up %v times in 2 s", woken)
	}
}
