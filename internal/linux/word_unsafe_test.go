//go:build linux

package linux

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// word returns the i-th word of a segment.
func word(s *Segment, i int) *uint32 {
	return (*uint32)(unsafe.Pointer(&s.mem[i*4]))
}

// place returns the i-th word that is far enough from the others to be claimed.
func place(s *Segment, i int) *uint32 { return word(s, 16*i) }

// wakeOne wakes one of those who wait on w and reports whether there was one.
func wakeOne(w *uint32) bool {
	n, _, _ := syscall.RawSyscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(w)), futexWake, 1)
	return n == 1
}
