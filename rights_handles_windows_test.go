package ipc_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/testproc/actor"
	"github.com/winsys-go/ipc/internal/win32"
)

// Handles of Win32 with the rights that a test asks for.

// kindRights has what Win32 does with the objects of a kind.
type kindRights struct {
	create func(name *uint16, access uint32) (windows.Handle, error)
	open   func(access uint32, name *uint16) (windows.Handle, error)
	all    uint32
	modify uint32 // what GENERIC_WRITE stands for
}

var rightsOf = map[string]kindRights{
	actor.Event: {
		func(name *uint16, access uint32) (windows.Handle, error) {
			return windows.CreateEventEx(nil, name, 0, access)
		},
		func(access uint32, name *uint16) (windows.Handle, error) {
			return windows.OpenEvent(access, false, name)
		},
		windows.EVENT_ALL_ACCESS, toModify,
	},
	actor.Mutex: {
		func(name *uint16, access uint32) (windows.Handle, error) {
			return windows.CreateMutexEx(nil, name, 0, access)
		},
		win32.OpenMutex, windows.MUTEX_ALL_ACCESS, 0,
	},
	actor.Semaphore: {
		func(name *uint16, access uint32) (windows.Handle, error) {
			return win32.CreateSemaphoreEx(nil, 0, 1, name, access)
		},
		win32.OpenSemaphore, win32.SEMAPHORE_ALL_ACCESS, toModify,
	},
	actor.Timer: {
		func(name *uint16, access uint32) (windows.Handle, error) {
			return win32.CreateWaitableTimerEx(nil, name, 0, access)
		},
		win32.OpenWaitableTimer, win32.TIMER_ALL_ACCESS, toModify,
	},
}

// openFor opens an object with Win32, with these rights and no others.
func openFor(t *testing.T, kind, name string, access uint32) windows.Handle {
	t.Helper()
	h, err := rightsOf[kind].open(access, utf16(t, name))
	return closedAtEnd(t, h, err)
}

// createFor is openFor with Create.
func createFor(t *testing.T, kind, name string, access uint32) windows.Handle {
	t.Helper()
	h, err := rightsOf[kind].create(utf16(t, name), access)
	return closedAtEnd(t, h, err)
}

// restrict gives an object another descriptor, which binds those who open it from
// now on.
func restrict(t *testing.T, kind, name, sddl string) {
	t.Helper()
	h, err := rightsOf[kind].open(windows.WRITE_DAC, utf16(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	descriptor := must(windows.SecurityDescriptorFromString(sddl))
	if err := windows.SetKernelObjectSecurity(h, windows.DACL_SECURITY_INFORMATION, descriptor); err != nil {
		t.Fatal(err)
	}
}

func closedAtEnd(t *testing.T, h windows.Handle, err error) windows.Handle {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { windows.CloseHandle(h) })
	return h
}

// errTimeout is WAIT_TIMEOUT.
var errTimeout = errors.New("timeout")

// waits is a wait for any of some handles, which does not block.
func waits(handles ...windows.Handle) error { return waited(handles, false) }

// waitsAll is one for all of them.
func waitsAll(handles ...windows.Handle) error { return waited(handles, true) }

func waited(handles []windows.Handle, all bool) error {
	code, err := win32.WaitForMultipleObjectsEx(handles, all, 0, false)
	if code == win32.WAIT_TIMEOUT {
		return errTimeout
	}
	return err
}

// clearEvent is NtClearEvent, which Win32 has no other name for.
func clearEvent(h windows.Handle) error {
	r, _, _ := windows.NewLazySystemDLL("ntdll.dll").NewProc("NtClearEvent").Call(uintptr(h))
	if r != 0 {
		return windows.NTStatus(r).Errno()
	}
	return nil
}
