//go:build linux

package linux

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestNowIsTheMonotonicClock(t *testing.T) {
	within(t, unix.CLOCK_MONOTONIC, Now)
}

func TestWallNowIsTheRealTimeClock(t *testing.T) {
	within(t, unix.CLOCK_REALTIME, WallNow)
}

func within(t *testing.T, clock int32, now func() int64) {
	t.Helper()
	read := func() int64 {
		var ts unix.Timespec
		must(t, unix.ClockGettime(clock, &ts))
		return ts.Nano()
	}
	before, got, after := read(), now(), read()
	if got < before || got > after {
		t.Errorf("got %d, which is not from %d to %d", got, before, after)
	}
}

func TestNowDoesNotAllocate(t *testing.T) {
	var sum int64
	n := testing.AllocsPerRun(100, func() {
		sum += Now() + WallNow()
		Pin()
		Unpin()
		Pause(1)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The unit is right within an order of magnitude, which is what budgets need;
// the shortest of many is taken because a busy machine makes each longer.
func TestPauseTakesAboutItsTime(t *testing.T) {
	const units = 1000
	shortest := time.Hour
	for range 20 {
		begin := time.Now()
		Pause(units)
		shortest = min(shortest, time.Since(begin))
	}
	if want := units * pauseUnit * time.Nanosecond; shortest < want/3 || shortest > want*10 {
		t.Errorf("%d units take %v, want about %v", units, shortest, want)
	}
	Pause(0)
	Pause(-1)
}
