package ipc_test

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc"
)

// unused makes a name that nobody else uses.
func unused(t *testing.T) string {
	return fmt.Sprintf("%s %d.%d", t.Name(), os.Getpid(), foreignNames.Add(1))
}

func utf16(t *testing.T, s string) *uint16 {
	t.Helper()
	p, err := windows.UTF16PtrFromString(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestKernelNames: an object has the name in the kernel that every other program
// would give it.
func TestKernelNames(t *testing.T) {
	for _, prefix := range []string{"", `Local\`, `Global\`} {
		name := prefix + unused(t)
		e, err := ipc.CreateEvent(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		h, err := windows.OpenEvent(windows.EVENT_ALL_ACCESS, false, utf16(t, name))
		if err != nil {
			t.Fatalf("open %q without this package: %v", name, err)
		}
		defer windows.CloseHandle(h)
		if err := windows.SetEvent(h); err != nil {
			t.Fatal(err)
		}
		if ok, err := e.TryWait(); !ok || err != nil {
			t.Errorf("%q: what others have set is not set here: %v", name, err)
		}
		if err := e.Set(); err != nil {
			t.Fatal(err)
		}
		if code, err := windows.WaitForSingleObject(h, 0); code != windows.WAIT_OBJECT_0 || err != nil {
			t.Errorf("%q: what was set here is not set for others: %d, %v", name, code, err)
		}
	}
}

// TestErrno: the code of Windows is in the error.
func TestErrno(t *testing.T) {
	e, err := ipc.CreateEvent(unused(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	_, missing := ipc.OpenEvent(unused(t) + " missing")
	_, wrong := ipc.OpenMutex(e.Name())
	m, err := ipc.CreateMutex("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := ipc.CreateSemaphore("", &ipc.SemaphoreOptions{Initial: 1, Max: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, full := s.Release(1)
	for _, c := range []struct {
		err, is error
		code    syscall.Errno
	}{
		{missing, ipc.ErrNotExist, windows.ERROR_FILE_NOT_FOUND},
		{wrong, ipc.ErrWrongType, windows.ERROR_INVALID_HANDLE},
		{full, ipc.ErrTooManyPosts, windows.ERROR_TOO_MANY_POSTS},
	} {
		var code syscall.Errno
		if !errors.Is(c.err, c.is) || !errors.As(c.err, &code) || code != c.code {
			t.Errorf("%v: want %v and code %d", c.err, c.is, c.code)
		}
	}
}
