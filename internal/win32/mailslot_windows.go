package win32

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Values of mailslots.
const (
	MAILSLOT_NO_MESSAGE   = 0xFFFFFFFF
	MAILSLOT_WAIT_FOREVER = 0xFFFFFFFF
)

// The bits of a file's mode that make all its I/O synchronous.
const (
	FILE_SYNCHRONOUS_IO_ALERT    = 0x10
	FILE_SYNCHRONOUS_IO_NONALERT = 0x20
)

const fileModeInformation = 16

var (
	procCreateMailslotW        = kernel32.NewProc("CreateMailslotW")
	procGetMailslotInfo        = kernel32.NewProc("GetMailslotInfo")
	procNtQueryInformationFile = ntdll.NewProc("NtQueryInformationFile")
)

// CreateMailslot creates a mailslot, which must not exist. The time that a read
// waits is in milliseconds.
func CreateMailslot(name *uint16, maxMessage, timeout uint32, sa *windows.SecurityAttributes) (windows.Handle, error) {
	r, _, e := syscall.SyscallN(procCreateMailslotW.Addr(), uintptr(unsafe.Pointer(name)), uintptr(maxMessage), uintptr(timeout), uintptr(unsafe.Pointer(sa)))
	if windows.Handle(r) == windows.InvalidHandle {
		return 0, failure(e)
	}
	return windows.Handle(r), nil
}

// MailslotInfo is what GetMailslotInfo tells.
type MailslotInfo struct {
	MaxMessage uint32
	Next       uint32 // MAILSLOT_NO_MESSAGE when there is none
	Count      uint32
	Timeout    uint32 // in milliseconds
}

// GetMailslotInfo tells the state of a mailslot, in i.
func GetMailslotInfo(h windows.Handle, i *MailslotInfo) error {
	r, _, e := syscall.SyscallN(procGetMailslotInfo.Addr(), uintptr(h), uintptr(unsafe.Pointer(&i.MaxMessage)),
		uintptr(unsafe.Pointer(&i.Next)), uintptr(unsafe.Pointer(&i.Count)), uintptr(unsafe.Pointer(&i.Timeout)))
	return done(r, e)
}

// QueryFileMode tells the mode of a file.
func QueryFileMode(h windows.Handle) (mode uint32, err error) {
	var block windows.IO_STATUS_BLOCK
	r, _, _ := syscall.SyscallN(procNtQueryInformationFile.Addr(), uintptr(h), uintptr(unsafe.Pointer(&block)),
		uintptr(unsafe.Pointer(&mode)), unsafe.Sizeof(mode), fileModeInformation)
	return mode, status(r)
}
