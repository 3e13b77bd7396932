//go:build linux

package linux

import (
	"testing"
	"time"
)

// TestBarrier: a process is fenced once, for all who ask, before or after.
func TestBarrier(t *testing.T) {
	Barrier() // also before that
	SlowBarrier()
	if _, errno := membarrier(membarrierQuery); errno != 0 {
		t.Skipf("the kernel has no barriers: %v", errno)
	}
	for range 2 {
		fenced := make(chan struct{}, 2)
		for range cap(fenced) {
			WhenFenced(func() { fenced <- struct{}{} })
		}
		for range cap(fenced) {
			select {
			case <-fenced:
			case <-time.After(10 * time.Second):
				t.Fatal("the process is not fenced")
			}
		}
		Barrier()
	}
}

// TestNap: no barrier may end before its time.
func TestNap(t *testing.T) {
	begin := Now()
	nap(time.Millisecond)
	if took := Now() - begin; took < int64(time.Millisecond) {
		t.Errorf("it took %v", time.Duration(took))
	}
}
