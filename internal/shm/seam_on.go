//go:build ipcseam

package shm

import (
	"sync/atomic"
	"syscall"
)

// mayPin is false, since a pinned goroutine may not stop anywhere.
const mayPin = false

// Step, when it is set, is called before every access to shared memory. A test
// may stop there for good (a death), or yield to another actor.
var Step func()

func seam() {
	if Step != nil {
		Step()
	}
}

// A holder is the thread that has a Namespace's mutex, so that a test can tell
// whether an operation died with it.
type holder struct{ thread atomic.Int64 }

func (h *holder) note(locked bool) {
	if locked {
		h.thread.Store(int64(syscall.Gettid()))
	} else {
		h.thread.Store(0)
	}
}
