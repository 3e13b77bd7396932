//go:build ipcseam

package shm

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// TestExplore plays plans in random interleavings, for 30 s or as long as
// IPC_EXPLORE_FOR says, from the seed IPC_EXPLORE_SEED on.
func TestExplore(t *testing.T) {
	limit := 30 * time.Second
	if s := os.Getenv("IPC_EXPLORE_FOR"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		limit = d
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("IPC_EXPLORE_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	if os.Getenv("IPC_EXPLORE_TRACE") != "" {
		traceTo = os.Stdout
	}
	runs, steps, deaths := 0, 0, 0
	begin := time.Now()
	for ; time.Since(begin) < limit; runs++ {
		h, err := explore(seed + uint64(runs))
		if err != nil {
			t.Fatalf("after %d schedules: seed %d: %v\n%s", runs, seed+uint64(runs), err, h)
		}
		steps += h.m.steps
		for _, p := range h.m.procs {
			if p.dead {
				deaths++
			}
		}
	}
	t.Logf("%d schedules from seed %d in %v: %d steps, %d deaths", runs, seed, time.Since(begin).Round(time.Second), steps, deaths)
}
