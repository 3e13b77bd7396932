//go:build linux

package linux

import (
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	membarrierGlobal                  = 1 << 0
	membarrierGlobalExpedited         = 1 << 1
	membarrierRegisterGlobalExpedited = 1 << 2
)

// barrierPause is how long Barrier waits where the kernel has no barrier: more
// than any processor takes to act upon an interrupt.
const barrierPause = 10 * time.Millisecond

// fenceAfter is how long a process waits before it has itself fenced, which takes
// the kernel about 10 ms: many that only set an event have ended before.
const fenceAfter = 5 * time.Millisecond

var fencing struct {
	mu      sync.Mutex
	begun   bool
	over    bool
	fenced  bool // when that is over: the kernel can
	waiting []func()
}

// WhenFenced makes this process, in a while, one whose threads a quick [Barrier] of
// another process reaches, and then calls f. Where the kernel has no such barrier it
// does not.
func WhenFenced(f func()) {
	fencing.mu.Lock()
	fenced := fencing.fenced
	if !fencing.over {
		fencing.waiting = append(fencing.waiting, f)
	}
	if !fencing.begun {
		fencing.begun = true
		time.AfterFunc(fenceAfter, fence)
	}
	fencing.mu.Unlock()
	if fenced {
		f()
	}
}

func fence() {
	fenced := membarrier(membarrierRegisterGlobalExpedited) == 0
	fencing.mu.Lock()
	fencing.over, fencing.fenced = true, fenced
	waiting := fencing.waiting
	fencing.waiting = nil
	fencing.mu.Unlock()
	if fenced {
		for _, f := range waiting {
			f()
		}
	}
}

// Barrier returns once every running thread of every process, or at least of every
// fenced one, has gone through a memory barrier, or died: a thread that was told to
// die does not return from the interrupt to its program. It takes about a
// microsecond for those that are fenced, and some 10 ms for all; where the kernel has
// no such barrier (before Linux 4.16, some sandboxes) it sleeps for 10 ms.
//
// The kernel marks the word of a process as dead when one of its threads has
// ended, and others may still run for the time that an interrupt takes.
// Between that mark and the first change to what the process owned there must
// be a Barrier.
func Barrier(fenced bool) {
	command := uintptr(membarrierGlobal)
	if fenced {
		command = membarrierGlobalExpedited
	}
	if membarrier(command) != 0 {
		time.Sleep(barrierPause)
	}
}

// membarrier may take a while.
func membarrier(command uintptr) syscall.Errno {
	_, _, errno := syscall.Syscall(unix.SYS_MEMBARRIER, command, 0, 0)
	return errno
}
