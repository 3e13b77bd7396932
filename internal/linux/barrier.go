//go:build linux

package linux

import (
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	membarrierQuery                   = 0
	membarrierGlobal                  = 1 << 0
	membarrierGlobalExpedited         = 1 << 1
	membarrierRegisterGlobalExpedited = 1 << 2
)

const (
	// barrierPause is how long a barrier waits where the kernel has none: more
	// than any processor takes to act upon an interrupt.
	barrierPause = 10 * time.Millisecond

	// fenceAfter is how long a process waits before it has itself fenced: many
	// that only set an event have ended before.
	fenceAfter = 10 * time.Millisecond
)

// fencing is how far this process is with that.
var fencing struct {
	sync.Mutex
	begun, over bool
	fenced      bool     // when it is over
	waiting     []func() // until then
}

// WhenFenced has this process fenced, in a while, so that the [Barrier] of another
// reaches its threads, and then calls f. One that is fenced already calls f at once.
// The kernel takes about 10 ms for it. Where it has no [SlowBarrier] for those who
// die before, that is not put off; where it has no barriers, f is not called.
func WhenFenced(f func()) {
	fencing.Lock()
	if !fencing.begun && !hasSlowBarrier() {
		fencing.begun, fencing.over, fencing.fenced = true, true, register()
	}
	if !fencing.over {
		fencing.waiting = append(fencing.waiting, f)
	}
	if !fencing.begun {
		fencing.begun = true
		go fenceLater()
	}
	fenced := fencing.fenced
	fencing.Unlock()
	if fenced {
		f()
	}
}

// fenceLater sleeps in the kernel, since the runtime's timers need a descriptor. The
// thread ends with it: one less to die when the process is killed.
func fenceLater() {
	runtime.LockOSThread()
	nap(fenceAfter)
	fenced := register()
	fencing.Lock()
	fencing.over, fencing.fenced = true, fenced
	waiting := fencing.waiting
	fencing.waiting = nil
	fencing.Unlock()
	if !fenced {
		return
	}
	for _, f := range waiting {
		f()
	}
}

func register() (done bool) {
	_, errno := membarrier(membarrierRegisterGlobalExpedited)
	return errno == 0
}

// hasSlowBarrier: a kernel that leaves processors without a clock has none.
func hasSlowBarrier() bool {
	commands, errno := membarrier(membarrierQuery)
	return errno == 0 && commands&membarrierGlobal != 0
}

// Barrier returns once every running thread of every fenced process has gone
// through a memory barrier, or died: a thread that was told to die does not return
// from the interrupt to its program. It takes about a microsecond; where the kernel
// has no such barrier (before Linux 4.16, some sandboxes) it sleeps for 10 ms.
//
// The kernel marks the word of a process as dead when one of its threads has
// ended, and others may still run for the time that an interrupt takes.
// Between that mark and the first change to what the process owned there must
// be a Barrier, or a [SlowBarrier] if the process was not fenced.
func Barrier() { barrier(membarrierGlobalExpedited) }

// SlowBarrier is Barrier for every process, fenced or not. The kernel waits until
// every processor has been interrupted, or did something else, which takes it some
// 10 ms.
func SlowBarrier() { barrier(membarrierGlobal) }

func barrier(command uintptr) {
	if _, errno := membarrier(command); errno != 0 {
		nap(barrierPause)
	}
}

// membarrier lets the goroutine's processor go, since most commands take a while.
func membarrier(command uintptr) (uintptr, syscall.Errno) {
	result, _, errno := syscall.Syscall(unix.SYS_MEMBARRIER, command, 0, 0)
	return result, errno
}

// nap sleeps without a timer of the runtime.
func nap(d time.Duration) {
	end := unix.NsecToTimespec(Now() + int64(d))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &end, nil) == unix.EINTR {
	}
}
