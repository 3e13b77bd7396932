package win32

import (
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	procQueryPerformanceCounter   = kernel32.NewProc("QueryPerformanceCounter")
	procQueryPerformanceFrequency = kernel32.NewProc("QueryPerformanceFrequency")
	procSetSystemTime             = kernel32.NewProc("SetSystemTime")
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

// SetSystemTime sets the clock of the machine, to whole milliseconds. Only
// administrators may.
func SetSystemTime(t time.Time) error {
	t = t.UTC()
	s := windows.Systemtime{
		Year: uint16(t.Year()), Month: uint16(t.Month()), Day: uint16(t.Day()),
		Hour: uint16(t.Hour()), Minute: uint16(t.Minute()), Second: uint16(t.Second()),
		Milliseconds: uint16(t.Nanosecond() / int(time.Millisecond)),
	}
	r, _, e := syscall.SyscallN(procSetSystemTime.Addr(), uintptr(unsafe.Pointer(&s)))
	return done(r, e)
}
