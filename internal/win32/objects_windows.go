package win32

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Access rights that x/sys lacks.
const (
	EVENT_QUERY_STATE      = 0x0001
	MUTANT_QUERY_STATE     = 0x0001
	SEMAPHORE_QUERY_STATE  = 0x0001
	SEMAPHORE_MODIFY_STATE = 0x0002
	SEMAPHORE_ALL_ACCESS   = 0x1F0003
	TIMER_QUERY_STATE      = 0x0001
	TIMER_MODIFY_STATE     = 0x0002
	TIMER_ALL_ACCESS       = 0x1F0003
)

// CREATE_WAITABLE_TIMER_MANUAL_RESET makes a manual-reset timer.
const CREATE_WAITABLE_TIMER_MANUAL_RESET = 0x1

var (
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")

	procCreateSemaphoreExW     = kernel32.NewProc("CreateSemaphoreExW")
	procOpenSemaphoreW         = kernel32.NewProc("OpenSemaphoreW")
	procReleaseSemaphore       = kernel32.NewProc("ReleaseSemaphore")
	procOpenMutexW             = kernel32.NewProc("OpenMutexW")
	procCreateWaitableTimerExW = kernel32.NewProc("CreateWaitableTimerExW")
	procOpenWaitableTimerW     = kernel32.NewProc("OpenWaitableTimerW")
	procSetWaitableTimer       = kernel32.NewProc("SetWaitableTimer")
	procCancelWaitableTimer    = kernel32.NewProc("CancelWaitableTimer")
	procGetHandleInformation   = kernel32.NewProc("GetHandleInformation")
)

// created is the result of a function that creates or opens: like those of
// x/sys, it comes with ERROR_ALREADY_EXISTS when the object existed.
func created(r uintptr, e syscall.Errno) (windows.Handle, error) {
	if r == 0 || e == windows.ERROR_ALREADY_EXISTS {
		return windows.Handle(r), failure(e)
	}
	return windows.Handle(r), nil
}

// done is the result of a function that returns a BOOL.
func done(r uintptr, e syscall.Errno) error {
	if r == 0 {
		return failure(e)
	}
	return nil
}

// failure is the error of a call that has failed, also when it does not say
// why.
func failure(e syscall.Errno) error {
	if e == 0 {
		return syscall.EINVAL
	}
	return e
}

func boolean(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}

// CreateSemaphoreEx creates or opens a semaphore.
func CreateSemaphoreEx(sa *windows.SecurityAttributes, initial, limit int32, name *uint16, access uint32) (windows.Handle, error) {
	r, _, e := syscall.SyscallN(procCreateSemaphoreExW.Addr(), uintptr(unsafe.Pointer(sa)),
		uintptr(initial), uintptr(limit), uintptr(unsafe.Pointer(name)), 0, uintptr(access))
	return created(r, e)
}

// OpenSemaphore opens a semaphore that exists.
func OpenSemaphore(access uint32, name *uint16) (windows.Handle, error) {
	r, _, e := syscall.SyscallN(procOpenSemaphoreW.Addr(), uintptr(access), 0, uintptr(unsafe.Pointer(name)))
	return windows.Handle(r), done(r, e)
}

// ReleaseSemaphore adds n to the count, and returns what it was.
func ReleaseSemaphore(h windows.Handle, n int32) (previous int32, err error) {
	r, _, e := syscall.SyscallN(procReleaseSemaphore.Addr(), uintptr(h), uintptr(n), uintptr(unsafe.Pointer(&previous)))
	return previous, done(r, e)
}

// OpenMutex opens a mutex that exists.
func OpenMutex(access uint32, name *uint16) (windows.Handle, error) {
	r, _, e := syscall.SyscallN(procOpenMutexW.Addr(), uintptr(access), 0, uintptr(unsafe.Pointer(name)))
	return windows.Handle(r), done(r, e)
}

// CreateWaitableTimerEx creates or opens a timer.
func CreateWaitableTimerEx(sa *windows.SecurityAttributes, name *uint16, flags, access uint32) (windows.Handle, error) {
	r, _, e := syscall.SyscallN(procCreateWaitableTimerExW.Addr(), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(name)), uintptr(flags), uintptr(access))
	return created(r, e)
}

// OpenWaitableTimer opens a timer that exists.
func OpenWaitableTimer(access uint32, name *uint16) (windows.Handle, error) {
	r, _, e := syscall.SyscallN(procOpenWaitableTimerW.Addr(), uintptr(access), 0, uintptr(unsafe.Pointer(name)))
	return windows.Handle(r), done(r, e)
}

// SetWaitableTimer makes a timer due: at a FILETIME, or, if due is negative,
// after so many units of 100 ns. The period is in milliseconds.
func SetWaitableTimer(h windows.Handle, due int64, period int32) error {
	r, _, e := syscall.SyscallN(procSetWaitableTimer.Addr(), uintptr(h), uintptr(unsafe.Pointer(&due)), uintptr(period), 0, 0, 0)
	return done(r, e)
}

// CancelWaitableTimer makes a timer no longer due.
func CancelWaitableTimer(h windows.Handle) error {
	r, _, e := syscall.SyscallN(procCancelWaitableTimer.Addr(), uintptr(h))
	return done(r, e)
}

// GetHandleInformation tells the flags of a handle: HANDLE_FLAG_INHERIT.
func GetHandleInformation(h windows.Handle) (flags uint32, err error) {
	r, _, e := syscall.SyscallN(procGetHandleInformation.Addr(), uintptr(h), uintptr(unsafe.Pointer(&flags)))
	return flags, done(r, e)
}
