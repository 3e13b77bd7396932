//go:build linux

package linux

import (
	"sync/atomic"
	_ "unsafe" // for linkname

	"golang.org/x/sys/unix"
)

// procyield executes that many PAUSE instructions on amd64. On arm64 it counts
// nanoseconds since Go 1.26 and YIELD instructions before.
//
//go:linkname procyield runtime.procyield
func procyield(cycles uint32)

// pauseUnit is what one unit of Pause takes, in nanoseconds: a PAUSE
// instruction on the machine on which the engine's budgets were chosen.
const pauseUnit = 25

// pauseScale is procyield's cycles for one unit, times 256. 0: not measured.
var pauseScale atomic.Uint32

// Pause spins for n units of about 25 ns in a way that is kind to the other
// threads of the core. A single instruction takes from 2 to 60 ns depending on
// the processor, so the first call measures it, in about 50 µs.
func Pause(n int) {
	scale := pauseScale.Load()
	if scale == 0 {
		scale = calibratePause()
	}
	cycles := uint64(max(n, 0)) * uint64(scale) >> 8
	procyield(uint32(min(max(cycles, 1), 1<<31)))
}

// Yield lets other threads run that wait for this processor.
func Yield() { unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// calibratePause measures procyield by the difference between a short and a
// long call, which leaves out what every call costs. The shortest of several
// tries counts, since whatever interferes only makes them longer.
func calibratePause() uint32 {
	const short, long = 100, 500
	took := max(shortestYield(long)-shortestYield(short), 1)
	scale := uint32((long - short) * pauseUnit * 256 / took)
	scale = min(max(scale, 16), 1<<16)
	pauseScale.Store(scale)
	return scale
}

func shortestYield(cycles uint32) int64 {
	shortest := int64(1 << 62)
	for range 3 {
		start := nanotime()
		procyield(cycles)
		shortest = min(shortest, nanotime()-start)
	}
	return shortest
}
