//go:build linux

package linux

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	membarrierGlobalExpedited         = 1 << 1
	membarrierRegisterGlobalExpedited = 1 << 2
)

// barrierPause is how long Barrier waits where the kernel has no barrier: more
// than any processor takes to act upon an interrupt.
const barrierPause = 10 * time.Millisecond

// RegisterBarrier makes this process one whose threads a [Barrier] of another
// process reaches. It may be called again and never blocks. Where the kernel
// has no such barrier it does nothing.
func RegisterBarrier() {
	membarrier(membarrierRegisterGlobalExpedited)
}

// Barrier returns once every running thread of every registered process has
// gone through a memory barrier, or died: a thread that was told to die does
// not return from the interrupt to its program. It takes about a microsecond;
// where the kernel has no such barrier (before Linux 4.16, some sandboxes) it
// sleeps for 10 ms.
//
// The kernel marks the word of a process as dead when one of its threads has
// ended, and others may still run for the time that an interrupt takes.
// Between that mark and the first change to what the process owned there must
// be a Barrier.
func Barrier() {
	if membarrier(membarrierGlobalExpedited) != 0 {
		time.Sleep(barrierPause)
	}
}

func membarrier(command uintptr) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_MEMBARRIER, command, 0, 0)
	return errno
}
