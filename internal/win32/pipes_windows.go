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

	procTransactNamedPipe          = kernel32.NewProc("TransactNamedPipe")
	procImpersonateNamedPipeClient = advapi32.NewProc("ImpersonateNamedPipeClient")
	procNtFsControlFile            = ntdll.NewProc("NtFsControlFile")
)

// A PipePeek is the answer to FILE_PIPE_PEEK: a FILE_PIPE_PEEK_BUFFER. It must stay
// where it is until the operation has ended.
type PipePeek []byte

const peekHeader = 16

// NewPipePeek makes room for so many bytes of what can be read.
func NewPipePeek(size int) PipePeek { return make(PipePeek, peekHeader+size) }

// Available is how many bytes there are.
func (p PipePeek) Available() int { return int(binary.LittleEndian.Uint32(p[4:])) }

// Message is how many bytes there are of the next message; 0 if the pipe has none.
func (p PipePeek) Message() int { return int(binary.LittleEndian.Uint32(p[12:])) }

// Data is what can be read, of which size bytes were transferred with the header.
func (p PipePeek) Data(size int) []byte { return p[peekHeader:max(size, peekHeader)] }

// PeekNamedPipe copies what can be read next, and leaves it there. Where the function
// of that name waits, it does for the handle itself, which other operations on it
// set and unset. ERROR_MORE_DATA says that there is more of the message.
func PeekNamedPipe(h windows.Handle, p PipePeek, o *windows.Overlapped) error {
	return control(h, windows.FSCTL_PIPE_PEEK, nil, p, o)
}

// DisconnectNamedPipe takes the connection from the client. As for PeekNamedPipe, the
// function of that name may wait for the handle.
func DisconnectNamedPipe(h windows.Handle, o *windows.Overlapped) error {
	const disconnect = 0x110004 // FSCTL_PIPE_DISCONNECT
	return control(h, disconnect, nil, nil, o)
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
	return control(root, windows.FSCTL_PIPE_WAIT, w, nil, o)
}

func control(h windows.Handle, code uint32, in, out []byte, o *windows.Overlapped) error {
	r, _, _ := syscall.SyscallN(procNtFsControlFile.Addr(), uintptr(h), uintptr(o.HEvent&^1), 0, context(o), uintptr(unsafe.Pointer(o)),
		uintptr(code), uintptr(unsafe.Pointer(unsafe.SliceData(in))), uintptr(len(in)),
		uintptr(unsafe.Pointer(unsafe.SliceData(out))), uintptr(len(out)))
	if windows.NTStatus(r) == windows.STATUS_PENDING {
		return windows.ERROR_IO_PENDING
	}
	return status(r)
}

// context is what a completion port reports of an operation: nothing when its event is
// marked.
func context(o *windows.Overlapped) uintptr {
	if o.HEvent&1 != 0 {
		return 0
	}
	return uintptr(unsafe.Pointer(o))
}
