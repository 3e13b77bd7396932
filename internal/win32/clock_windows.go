package win32

import (
	"sync"
	"syscall"
	"time"
	"unsafe"
)

var (
	procQueryPerformanceCounter   = kernel32.NewProc("QueryPerformanceCounter")
	procQueryPerformanceFrequency = kernel32.NewProc("QueryPerformanceFrequency")
)

// frequency is how often the counter counts in a second; it never changes.
var frequency = sync.OnceValue(func() (f int64) {
	syscall.SyscallN(procQueryPerformanceFrequency.Addr(), uintptr(unsafe.Pointer(&f)))
	return max(f, 1)
})

// Now reads, in nanoseconds, the clock that all processes of the machine share
// and nobody sets.
func Now() int64 {
	var c int64
	syscall.SyscallN(procQueryPerformanceCounter.Addr(), uintptr(unsafe.Pointer(&c)))
	f := frequency()
	return c/f*int64(time.Second) + c%f*int64(time.Second)/f
}
