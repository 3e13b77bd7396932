package win32

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// What a wait returns. WAIT_OBJECT_0 and WAIT_ABANDONED_0 have the index of the
// object added.
const (
	WAIT_OBJECT_0      = 0x00000000
	WAIT_ABANDONED_0   = 0x00000080
	WAIT_IO_COMPLETION = 0x000000C0
	WAIT_TIMEOUT       = 0x00000102
	WAIT_FAILED        = 0xFFFFFFFF
)

var (
	procWaitForMultipleObjectsEx = kernel32.NewProc("WaitForMultipleObjectsEx")
	procSignalObjectAndWait      = kernel32.NewProc("SignalObjectAndWait")
	procQueueUserAPC             = kernel32.NewProc("QueueUserAPC")
	procSetLastError             = kernel32.NewProc("SetLastError")
)

// WaitForMultipleObjectsEx waits for any or all of up to 64 objects. An
// alertable wait that is interrupted has consumed nothing and returns
// WAIT_IO_COMPLETION.
func WaitForMultipleObjectsEx(handles []windows.Handle, all bool, milliseconds uint32, alertable bool) (uint32, error) {
	r, _, e := syscall.SyscallN(procWaitForMultipleObjectsEx.Addr(), uintptr(len(handles)),
		uintptr(unsafe.Pointer(unsafe.SliceData(handles))), boolean(all), uintptr(milliseconds), boolean(alertable))
	return waited(r, e)
}

// SignalObjectAndWait signals one object and waits for another.
func SignalObjectAndWait(signal, wait windows.Handle, milliseconds uint32, alertable bool) (uint32, error) {
	r, _, e := syscall.SyscallN(procSignalObjectAndWait.Addr(), uintptr(signal), uintptr(wait), uintptr(milliseconds), boolean(alertable))
	return waited(r, e)
}

func waited(r uintptr, e syscall.Errno) (uint32, error) {
	if uint32(r) == WAIT_FAILED {
		return WAIT_FAILED, failure(e)
	}
	return uint32(r), nil
}

// Interrupt ends an alertable wait of a thread, the present one or the next.
// What the thread is made to call for that is a function of the system that
// does next to nothing, since Go code could not be run there.
func Interrupt(thread windows.Handle) error {
	r, _, e := syscall.SyscallN(procQueueUserAPC.Addr(), procSetLastError.Addr(), uintptr(thread), 0)
	return done(r, e)
}

// DropInterrupts makes the calling thread forget interrupts that came too late.
func DropInterrupts() { windows.SleepEx(0, true) }

// CurrentThread returns a handle to the calling thread, for others to use.
func CurrentThread() (windows.Handle, error) {
	self := windows.CurrentProcess()
	var h windows.Handle
	err := windows.DuplicateHandle(self, windows.CurrentThread(), self, &h, 0, false, windows.DUPLICATE_SAME_ACCESS)
	return h, err
}
