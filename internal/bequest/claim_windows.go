package bequest

import (
	"fmt"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// The types of the kernel's objects.
const (
	Event     = "Event"
	Mutex     = "Mutant"
	Semaphore = "Semaphore"
	Timer     = "Timer"
	File      = "File"
)

var (
	errNoHandle  = fmt.Errorf("%w: there is no such handle", backend.ErrNotExist)
	errInherited = fmt.Errorf("%w: the handle was not inherited, or was taken already", backend.ErrNotExist)
)

// Claim makes sure that this process has inherited a handle to an object of a type,
// with the rights that the parent had, and keeps it from children of this process.
// So it can be claimed once: nobody else's handles are inherited, but the standard
// ones.
func (n Note) Claim(kind string) error {
	if n.Handle == 0 || n.Handle > 1<<31 || n.Handle%4 != 0 || isStandard(n.Handle) {
		return errNoHandle
	}
	flags, err := win32.GetHandleInformation(n.Handle)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoHandle, err)
	}
	if flags&windows.HANDLE_FLAG_INHERIT == 0 {
		return errInherited
	}
	is, err := win32.QueryObjectType(n.Handle)
	if err != nil {
		return err
	}
	if is != kind {
		return fmt.Errorf("%w: it is of the type %q, not %q", errNoHandle, is, kind)
	}
	info, err := win32.QueryObject(n.Handle)
	if err != nil {
		return err
	}
	if info.Access != n.Access {
		return fmt.Errorf("%w: it has the rights %#x, not %#x", errNoHandle, info.Access, n.Access)
	}
	return windows.SetHandleInformation(n.Handle, windows.HANDLE_FLAG_INHERIT, 0)
}

// isStandard tells whether a handle is one of the three that every process may
// have inherited.
func isStandard(h windows.Handle) bool {
	for _, which := range []uint32{windows.STD_INPUT_HANDLE, windows.STD_OUTPUT_HANDLE, windows.STD_ERROR_HANDLE} {
		if s, err := windows.GetStdHandle(which); err == nil && s == h {
			return true
		}
	}
	return false
}

// CheckName makes sure that an object has a name, as Win32 has it, or none.
func (n Note) CheckName(name string) error {
	path, err := win32.QueryObjectName(n.Handle)
	if err != nil {
		return err
	}
	for _, space := range []string{`Local\`, `Global\`} {
		name = strings.TrimPrefix(name, space)
	}
	if path[strings.LastIndexByte(path, '\\')+1:] != name {
		return fmt.Errorf("%w: the object is %q, not %q", errNoHandle, path, name)
	}
	return nil
}

// CheckPipe makes sure that a file is an end of a pipe with this name of the kernel,
// whose operations can be overlapped.
func (n Note) CheckPipe(name string) error {
	mode, err := win32.QueryFileMode(n.Handle)
	if err != nil {
		return err
	}
	if mode&(win32.FILE_SYNCHRONOUS_IO_ALERT|win32.FILE_SYNCHRONOUS_IO_NONALERT) != 0 {
		return fmt.Errorf("%w: its operations are not overlapped", errNoHandle)
	}
	is, err := PipeName(n.Handle)
	if err != nil {
		return err
	}
	if is != name {
		return fmt.Errorf("%w: the pipe is %q, not %q", errNoHandle, is, name)
	}
	return nil
}

// PipeName gives the kernel's name of the pipe that h is an end of.
func PipeName(h windows.Handle) (string, error) {
	if kind, _ := windows.GetFileType(h); kind != windows.FILE_TYPE_PIPE {
		return "", fmt.Errorf("%w: it is no pipe", errNoHandle)
	}
	return win32.QueryFileName(h)
}
