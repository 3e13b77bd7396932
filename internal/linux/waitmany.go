//go:build linux

package linux

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxWords is the largest number of words in one [FutexWaitMany].
const MaxWords = 128

// pollInterval is how often the fallback of FutexWaitMany looks at the words
// that it cannot sleep on.
const pollInterval = 20 * time.Millisecond

// pollWords is set once the kernel turned out to lack futex_waitv (Linux 5.16)
// or a sandbox to forbid it. Tests set it to try the fallback.
var pollWords atomic.Bool

// A futexWaiter is struct futex_waitv.
type futexWaiter struct {
	value    uint64
	address  uint64
	flags    uint32
	reserved uint32
}

// A timespec64 is struct __kernel_timespec: 64 bits on every architecture.
type timespec64 struct{ sec, nsec int64 }

const futexSize32 = 2 // FUTEX2_SIZE_U32, without FUTEX2_PRIVATE

// FutexWaitMany blocks while every word has its value, until somebody wakes
// one of them or timeout has passed; a negative timeout waits for ever. It
// returns as [FutexWait] does. There is at least one word, at most [MaxWords],
// and as many values.
//
// Where the kernel cannot wait on several words, FutexWaitMany sleeps on the
// first and looks at the others every 20 ms. Then a wake-up of another word
// that does not change it goes unnoticed.
func FutexWaitMany(words []*uint32, values []uint32, timeout time.Duration) error {
	if len(words) == 0 || len(words) > MaxWords || len(words) != len(values) {
		return fmt.Errorf("futex wait on %d words and %d values: there must be 1 to %d of both", len(words), len(values), MaxWords)
	}
	if !pollWords.Load() {
		errno := waitv(words, values, timeout)
		if errno != unix.ENOSYS && errno != unix.EPERM {
			return waitResult("futex_waitv", errno)
		}
		pollWords.Store(true)
	}
	return waitPolling(words, values, timeout)
}

func waitv(words []*uint32, values []uint32, timeout time.Duration) syscall.Errno {
	var few [8]futexWaiter
	waiters := few[:0]
	for i, w := range words {
		keepOffStack(w)
		waiters = append(waiters, futexWaiter{
			value:   uint64(values[i]),
			address: uint64(uintptr(unsafe.Pointer(w))),
			flags:   futexSize32,
		})
	}
	var limit *timespec64
	if timeout >= 0 {
		end := Now() + int64(timeout)
		if end < 0 { // the sum overflowed
			end = 1<<63 - 1
		}
		limit = &timespec64{end / 1e9, end % 1e9}
	}
	_, _, errno := syscall.Syscall6(unix.SYS_FUTEX_WAITV, uintptr(unsafe.Pointer(&waiters[0])), uintptr(len(waiters)),
		0, uintptr(unsafe.Pointer(limit)), unix.CLOCK_MONOTONIC, 0)
	return errno
}

// stackSink is never written; see keepOffStack.
var stackSink *uint32

// keepOffStack makes the compiler believe that w outlives the call, so that it
// never puts what w points to on a stack, which moves.
func keepOffStack(w *uint32) {
	if stackSink != nil {
		stackSink = w
	}
}

func waitPolling(words []*uint32, values []uint32, timeout time.Duration) error {
	end := Now() + int64(timeout)
	for {
		if differs(words, values) {
			return nil
		}
		nap := pollInterval
		if timeout >= 0 {
			nap = min(nap, max(time.Duration(end-Now()), 0))
		}
		err := FutexWait(words[0], values[0], nap)
		if err != ErrTimeout {
			return err
		}
		if timeout >= 0 && Now() >= end {
			if differs(words, values) {
				return nil
			}
			return ErrTimeout
		}
	}
}
