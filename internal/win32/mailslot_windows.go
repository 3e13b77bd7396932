package win32

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Values of mailslots. The second is that of SetMailslotInfo, the third that of
// CreateMailslotFile.
const (
	MAILSLOT_NO_MESSAGE   = 0xFFFFFFFF
	MAILSLOT_WAIT_FOREVER = 0xFFFFFFFF
	READ_TIMEOUT_FOREVER  = -1
)

// The bits of a file's mode that make all its I/O synchronous.
const (
	FILE_SYNCHRONOUS_IO_ALERT    = 0x10
	FILE_SYNCHRONOUS_IO_NONALERT = 0x20
)

const fileModeInformation = 16

var (
	procGetMailslotInfo        = kernel32.NewProc("GetMailslotInfo")
	procSetMailslotInfo        = kernel32.NewProc("SetMailslotInfo")
	procNtCreateMailslotFile   = ntdll.NewProc("NtCreateMailslotFile")
	procNtQueryInformationFile = ntdll.NewProc("NtQueryInformationFile")
)

// CreateMailslotFile creates a mailslot by its full path, in the kernel's
// directories. It must not exist. Without options its reads may be overlapped.
func CreateMailslotFile(path string, options, maxMessage uint32, timeout int64, sa *windows.SecurityAttributes) (windows.Handle, error) {
	name, err := windows.NewNTUnicodeString(path)
	if err != nil {
		return 0, err
	}
	oa := windows.OBJECT_ATTRIBUTES{ObjectName: name, Attributes: windows.OBJ_CASE_INSENSITIVE}
	oa.Length = uint32(unsafe.Sizeof(oa))
	if sa != nil {
		oa.SecurityDescriptor = sa.SecurityDescriptor
	}
	var h windows.Handle
	var block windows.IO_STATUS_BLOCK
	r, _, _ := syscall.SyscallN(procNtCreateMailslotFile.Addr(), uintptr(unsafe.Pointer(&h)), windows.GENERIC_READ|windows.SYNCHRONIZE,
		uintptr(unsafe.Pointer(&oa)), uintptr(unsafe.Pointer(&block)), uintptr(options), 0, uintptr(maxMessage), uintptr(unsafe.Pointer(&timeout)))
	return h, status(r)
}

// SetMailslotInfo says how long reads wait, in milliseconds.
func SetMailslotInfo(h windows.Handle, timeout uint32) error {
	r, _, e := syscall.SyscallN(procSetMailslotInfo.Addr(), uintptr(h), uintptr(timeout))
	return done(r, e)
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
