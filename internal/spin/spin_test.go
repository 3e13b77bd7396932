package spin

import "testing"

// TestPolicy: spinning that never finds anything is given up, but for probes that
// become rare; a probe that finds something brings it back.
func TestPolicy(t *testing.T) {
	var p Policy
	spins := func(waits int) (n int) {
		for range waits {
			if budget, probe := p.Next(); budget > 0 {
				n++
				p.Missed(probe)
			}
		}
		return n
	}
	spins(10_000)
	if n := spins(100_000); n == 0 || n > 200 {
		t.Errorf("%d of 100,000 waits spin, though it never pays", n)
	}
	for {
		if budget, probe := p.Next(); budget > 0 {
			if !probe || budget != most {
				t.Errorf("a spin of %d without a score, probe: %v", budget, probe)
			}
			p.Found(100, probe)
			break
		}
	}
	for i := range 100 {
		budget, probe := p.Next()
		if budget < 200 || budget > most || probe {
			t.Fatalf("wait %d spins for %d, probe: %v", i, budget, probe)
		}
		p.Found(100, probe)
	}
}
