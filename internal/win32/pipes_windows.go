package win32

import (
	"encoding/binary"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	advapi32 = windows.NewLazySystemDLL("advapi32.dll")

	procPeekNamedPipe              = kernel32.NewProc("PeekNamedPipe")
	procTransactNamedPipe          = kernel32.NewProc("TransactNamedPipe")
	procImpersonateNamedPipeClient = advapi32.NewProc("ImpersonateNamedPipeClient")
	procNtFsControlFile            = ntdll.NewProc("NtFsControlFile")
)

// PeekNamedPipe copies what can be read next, and leaves it there. It tells how
// much it has copied, how much there is, and how much of the message was not
// copied.
func PeekNamedPipe(h windows.Handle, p []byte) (n, available, left uint32, err error) {
	r, _, e := syscall.SyscallN(procPeekNamedPipe.Addr(), uintptr(h), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
		uintptr(unsafe.Pointer(&n)), uintptr(unsafe.Pointer(&available)), uintptr(unsafe.Pointer(&left)))
	return n, available, left, done(r, e)
}

// TransactNamedPipe writes a message and reads one. Both buffers must stay where
// they are until the operation has ended.
func TransactNamedPipe(h windows.Handle, request, reply []byte, o *windows.Overlapped) error {
	r, _, e := syscall.SyscallN(procTransactNamedPipe.Addr(), uintptr(h),
		uintptr(unsafe.Pointer(unsafe.SliceData(request))), uintptr(len(request)),
		uintptr(unsafe.Pointer(unsafe.SliceData(reply))), uintptr(len(reply)), 0, uintptr(unsafe.Pointer(o)))
	return done(r, e)
}

// ImpersonateNamedPipeClient gives the calling thread the identity of the
// client.
func ImpersonateNamedPipeClient(h windows.Handle) error {
	r, _, e := syscall.SyscallN(procImpersonateNamedPipeClient.Addr(), uintptr(h))
	return done(r, e)
}

// PipeWait is FILE_PIPE_WAIT_FOR_BUFFER, to be followed by the name. It must
// stay where it is until the operation has ended.
type PipeWait []byte

// NewPipeWait makes the request to wait for an instance of a pipe, by its name
// without \\.\pipe\, for so long at most.
func NewPipeWait(name string, timeout time.Duration) (PipeWait, error) {
	utf16, err := windows.UTF16FromString(name)
	if err != nil {
		return nil, err
	}
	utf16 = utf16[:len(utf16)-1]
	const header = 14 // a LARGE_INTEGER, a ULONG, a BOOLEAN, and one byte of padding
	w := make(PipeWait, header, header+2*len(utf16))
	binary.LittleEndian.PutUint64(w, uint64(-max(timeout/100, 1))) // in units of 100 ns; negative: from now
	binary.LittleEndian.PutUint32(w[8:], uint32(2*len(utf16)))
	w[12] = 1 // the timeout is given
	for _, u := range utf16 {
		w = binary.LittleEndian.AppendUint16(w, u)
	}
	return w, nil
}

// WaitNamedPipe waits, as the function of that name does, but without blocking
// the thread: root is \\.\pipe\ itself, opened for overlapped operations.
func WaitNamedPipe(root windows.Handle, w PipeWait, o *windows.Overlapped) error {
	r, _, _ := syscall.SyscallN(procNtFsControlFile.Addr(), uintptr(root), 0, 0, uintptr(unsafe.Pointer(o)), uintptr(unsafe.Pointer(o)),
		windows.FSCTL_PIPE_WAIT, uintptr(unsafe.Pointer(unsafe.SliceData(w))), uintptr(len(w)), 0, 0)
	if windows.NTStatus(r) == windows.STATUS_PENDING {
		return windows.ERROR_IO_PENDING
	}
	return status(r)
}
