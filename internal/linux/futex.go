//go:build linux

package linux

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrTimeout is what the waits on futex words return when the time has passed.
var ErrTimeout = errors.New("futex wait timed out")

// FUTEX_PRIVATE_FLAG (128) is absent on purpose: it would make the kernel look
// words up by address, and no other process would ever be woken.
const (
	futexWait          = 0
	futexWake          = 1
	futexWaitBitset    = 9
	futexClockRealtime = 256
	futexBitsetAny     = 0xFFFFFFFF
)

// FutexWait blocks while *word is value, until somebody wakes the word or
// timeout has passed; a negative timeout waits for ever. It returns nil when
// it was woken, when *word differs from value, and when a signal came: callers
// look at the word again. The goroutine's processor is free meanwhile.
//
//   - [ErrTimeout]: the time has passed.
//   - an [*os.SyscallError]: the kernel refused, for instance because word is
//     not aligned.
func FutexWait(word *uint32, value uint32, timeout time.Duration) error {
	var limit *unix.Timespec
	if timeout >= 0 {
		ts := unix.NsecToTimespec(int64(timeout))
		limit = &ts
	}
	_, _, errno := syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait,
		uintptr(value), uintptr(unsafe.Pointer(limit)), 0, 0)
	return waitResult("futex", errno)
}

// FutexWaitUntil is FutexWait that ends at a time of the wall clock. When that
// clock is set, the end of the wait moves with it.
func FutexWaitUntil(word *uint32, value uint32, wall time.Time) error {
	limit := unix.NsecToTimespec(max(wall.UnixNano(), 0))
	_, _, errno := syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWaitBitset|futexClockRealtime,
		uintptr(value), uintptr(unsafe.Pointer(&limit)), 0, futexBitsetAny)
	return waitResult("futex", errno)
}

// FutexWake wakes at most n of those who wait on word, in any process. It never
// blocks.
//
// It is a raw system call: it is over in a third of a microsecond, and handing
// the processor back and forth around it made a round trip 14 % slower.
func FutexWake(word *uint32, n int) {
	syscall.RawSyscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake, uintptr(n))
}

func waitResult(call string, errno syscall.Errno) error {
	switch errno {
	case 0, unix.EAGAIN, unix.EINTR:
		return nil
	case unix.ETIMEDOUT:
		return ErrTimeout
	default:
		return os.NewSyscallError(call, errno)
	}
}

// differs reports whether a word no longer has its value.
func differs(words []*uint32, values []uint32) bool {
	for i, w := range words {
		if atomic.LoadUint32(w) != values[i] {
			return true
		}
	}
	return false
}
