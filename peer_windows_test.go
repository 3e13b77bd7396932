package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// unused makes a name that nobody else uses.
func unused(t *testing.T) string { return fmt.Sprintf("%s %d", t.Name(), os.Getpid()) }

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

// TestRights plays the cases of access rights: what a descriptor does not grant
// is refused, and nothing else.
func TestRights(t *testing.T) {
	const wait = "D:(A;;0x100000;;;WD)"
	ctx := context.Background()
	denied := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, ipc.ErrPermission) {
			t.Errorf("%s: %v, want %v", what, err, ipc.ErrPermission)
		}
	}
	allowed := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	creator := must(ipc.CreateEvent(unused(t)+" e", &ipc.EventOptions{Security: wait, InitiallySet: true}))
	defer creator.Close()
	allowed("AC-01 set", creator.Set())
	e := must(ipc.OpenEvent(creator.Name()))
	defer e.Close()
	denied("AC-02 set", e.Set())
	denied("AC-02 reset", e.Reset())
	denied("AC-02 pulse", e.Pulse())
	allowed("AC-02 wait", e.Wait(ctx))
	_, err := ipc.CreateEvent(creator.Name(), nil)
	denied("AC-19 create", err)

	s := must(ipc.CreateSemaphore(unused(t)+" s", &ipc.SemaphoreOptions{Security: wait, Initial: 1, Max: 2}))
	defer s.Close()
	s2 := must(ipc.OpenSemaphore(s.Name()))
	defer s2.Close()
	_, err = s2.Release(1)
	denied("AC-05 release", err)
	allowed("AC-05 wait", s2.Acquire(ctx))

	m := must(ipc.CreateMutex(unused(t)+" m", &ipc.MutexOptions{Security: wait}))
	defer m.Close()
	m2 := must(ipc.OpenMutex(m.Name()))
	defer m2.Close()
	_, err = m2.Lock(ctx)
	allowed("AC-08 lock", err)
	allowed("AC-08 unlock", m2.Unlock())

	_, err = ipc.CreateEvent("", &ipc.EventOptions{Security: "nonsense"})
	if !errors.Is(err, ipc.ErrInvalid) {
		t.Errorf("a descriptor that is none: %v", err)
	}
}

// TestRightToWait: a handle without the right to wait cannot be waited for, and a
// wait for several that has one among them consumes nothing.
func TestRightToWait(t *testing.T) {
	if testproc.UnderWine() {
		t.Skip("SKIPPED: Wine gives the owner of an object the right to wait whatever the descriptor says, and the creator of a timer no more than that says")
	}
	const modify = "D:(A;;0x2;;;WD)"
	ctx := context.Background()
	timer := must(ipc.CreateTimer(unused(t), &ipc.TimerOptions{Security: modify}))
	defer timer.Close()
	bad := must(ipc.OpenTimer(timer.Name()))
	defer bad.Close()
	if err := errors.Join(bad.Set(0, 0), bad.Cancel()); err != nil {
		t.Errorf("AC-07: %v", err)
	}
	good := must(ipc.CreateEvent("", &ipc.EventOptions{InitiallySet: true}))
	defer good.Close()
	_, anyErr := ipc.WaitAny(ctx, good, bad)
	_, allErr := ipc.WaitAll(ctx, good, bad)
	for _, err := range []error{bad.Wait(ctx), anyErr, allErr} {
		if !errors.Is(err, ipc.ErrPermission) {
			t.Errorf("AC-07, AC-17: %v, want %v", err, ipc.ErrPermission)
		}
	}
	if set := must(good.IsSet()); !set {
		t.Error("AC-17: the good event was consumed")
	}
}
