package ipc_test

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/conformance"
	"github.com/winsys-go/ipc/internal/testproc/actor"
	"github.com/winsys-go/ipc/internal/win32"
)

// The cases of access rights. This package asks for all rights that there are,
// so a handle with fewer comes about in two ways: Win32 opens an object of the
// package with a mask, or the package opens an object whose descriptor grants no
// more ("descriptor"). What such a handle may not do must change nothing.

// TestAccessRights plays the cases.
func TestAccessRights(t *testing.T) {
	conformance.RunAccessRights(t, map[string]func(*testing.T){
		"AC-01": creatorMayAll,
		"AC-02": eventToWaitFor,
		"AC-04": eventForNothing,
		"AC-05": semaphoreToWaitFor,
		"AC-07": timerToWaitForOrToSet,
		"AC-08": unlockNeedsNoRight,
		"AC-10": missingBeforeRefused,
		"AC-11": createForNothing,
		"AC-13": executeIsToWait,
		"AC-14": readAndWriteAreNot,
		"AC-16": genericMutexRights,
		"AC-17": waitWithOneBad,
		"AC-19": createAsksForAll,
		"AC-x1": toSignalOnly,
		"AC-x2": openForNothing,
		"AC-x3": genericRights,
	})
}

const (
	toWait   = windows.SYNCHRONIZE
	toModify = 0x2 // EVENT_MODIFY_STATE, and so on
	toQuery  = 0x1

	denied = windows.ERROR_ACCESS_DENIED

	// What everybody may do, as a descriptor. The right to wait is denied as well
	// as not granted, since Wine gives it to the owner of an object.
	grantWait   = "D:(A;;0x100000;;;WD)"
	grantModify = "D:(D;;0x100000;;;WD)(A;;0x2;;;WD)"
)

// wants compares the error of one step.
func wants(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// leaveOut skips what this system answers otherwise.
func leaveOut(t *testing.T, id string) {
	t.Helper()
	if reason := differs(false)[id]; reason != "" {
		t.Skip("SKIPPED: " + reason)
	}
}

// object makes an object of the package for the time of a test.
func object[T interface{ Close() error }](t *testing.T, create func(name string) (T, error)) (T, string) {
	t.Helper()
	name := unused(t)
	o := must(create(name))
	t.Cleanup(func() { o.Close() })
	return o, name
}

func newEvent(name string) (*ipc.Event, error) { return ipc.CreateEvent(name, nil) }
func newMutex(name string) (*ipc.Mutex, error) { return ipc.CreateMutex(name, nil) }
func newTimer(name string) (*ipc.Timer, error) { return ipc.CreateTimer(name, nil) }
func newSemaphore(name string) (*ipc.Semaphore, error) {
	return ipc.CreateSemaphore(name, &ipc.SemaphoreOptions{Initial: 1, Max: 3})
}

func creatorMayAll(t *testing.T) {
	for _, sddl := range []string{"", grantWait} { // which does not bind the creator
		e, _ := object(t, func(name string) (*ipc.Event, error) {
			return ipc.CreateEvent(name, &ipc.EventOptions{Security: sddl})
		})
		wants(t, "set", e.Set(), nil)
		wants(t, "wait", e.Wait(soon(t)), nil)
		wants(t, "pulse", e.Pulse(), nil)
		wants(t, "reset", e.Reset(), nil)
		e.Close()
	}
	h := createFor(t, actor.Event, unused(t), windows.EVENT_ALL_ACCESS)
	if got := must(win32.QueryObject(h)).Access; got != windows.EVENT_ALL_ACCESS {
		t.Errorf("the creator has the rights %#x", got)
	}
}

func eventToWaitFor(t *testing.T) {
	e, name := object(t, newEvent)
	h := openFor(t, actor.Event, name, toWait)
	wants(t, "set", windows.SetEvent(h), denied)
	wants(t, "wait", waits(h), errTimeout)
	wants(t, "set by its creator", e.Set(), nil)
	wants(t, "reset", windows.ResetEvent(h), denied)
	wants(t, "pulse", windows.PulseEvent(h), denied)
	wants(t, "wait", waits(h), nil)
	t.Run("descriptor", func(t *testing.T) {
		creator, name := object(t, newEvent)
		restrict(t, actor.Event, name, grantWait)
		e := must(ipc.OpenEvent(name))
		defer e.Close()
		wants(t, "set by its creator", creator.Set(), nil)
		for what, do := range map[string]func() error{"set": e.Set, "reset": e.Reset, "pulse": e.Pulse} {
			wants(t, what, do(), ipc.ErrPermission)
			wants(t, what, do(), denied)
		}
		if !must(creator.IsSet()) {
			t.Error("the event is no longer set")
		}
		wants(t, "wait", e.Wait(soon(t)), nil)
	})
}

func eventForNothing(t *testing.T) {
	name := unused(t)
	h := createFor(t, actor.Event, name, 0)
	e := must(ipc.OpenEvent(name))
	defer e.Close()
	wants(t, "set", windows.SetEvent(h), denied)
	if must(e.IsSet()) {
		t.Error("the event is set")
	}
	wants(t, "set by others", e.Set(), nil)
	for what, do := range map[string]func(windows.Handle) error{
		"reset": windows.ResetEvent, "pulse": windows.PulseEvent, "clear": clearEvent,
	} {
		wants(t, what, do(h), denied)
	}
	if !must(e.IsSet()) {
		t.Error("the event is no longer set")
	}
}

func semaphoreToWaitFor(t *testing.T) {
	s, name := object(t, newSemaphore)
	h := openFor(t, actor.Semaphore, name, toWait)
	_, err := win32.ReleaseSemaphore(h, 1)
	wants(t, "release", err, denied)
	hasCount(t, s, 1)
	wants(t, "wait", waits(h), nil)
	hasCount(t, s, 0)
	t.Run("descriptor", func(t *testing.T) {
		creator, name := object(t, newSemaphore)
		restrict(t, actor.Semaphore, name, grantWait)
		s := must(ipc.OpenSemaphore(name))
		defer s.Close()
		_, err := s.Release(1)
		wants(t, "release", err, ipc.ErrPermission)
		hasCount(t, creator, 1)
		wants(t, "wait", s.Acquire(soon(t)), nil)
		hasCount(t, creator, 0)
	})
}

func hasCount(t *testing.T, s *ipc.Semaphore, want int) {
	t.Helper()
	if got := must(s.Info()).Count; got != want {
		t.Errorf("the count is %d, want %d", got, want)
	}
}

func timerToWaitForOrToSet(t *testing.T) {
	x, name := object(t, newTimer)
	reader, setter := openFor(t, actor.Timer, name, toWait), openFor(t, actor.Timer, name, toModify)
	wants(t, "set, to wait", win32.SetWaitableTimer(reader, 0, 0), denied)
	wants(t, "cancel, to wait", win32.CancelWaitableTimer(reader), denied)
	wants(t, "wait, to wait", waits(reader), errTimeout)
	wants(t, "wait, to set", waits(setter), denied)
	wants(t, "set, to set", win32.SetWaitableTimer(setter, -1, 0), nil)
	wants(t, "what was set", x.Wait(soon(t)), nil)
	wants(t, "set by its creator", x.Set(time.Hour, 0), nil)
	wants(t, "cancel, to set", win32.CancelWaitableTimer(setter), nil)
	wants(t, "wait, to wait", waits(reader), errTimeout)
	t.Run("descriptor", func(t *testing.T) {
		for sddl, may := range map[string]struct{ set, wait error }{
			grantWait: {set: ipc.ErrPermission}, grantModify: {wait: ipc.ErrPermission},
		} {
			creator, name := object(t, newTimer)
			restrict(t, actor.Timer, name, sddl)
			x := must(ipc.OpenTimer(name))
			wants(t, "cancel "+sddl, x.Cancel(), may.set)
			wants(t, "set "+sddl, x.Set(0, 0), may.set)
			wants(t, "set by its creator", creator.Set(0, 0), nil)
			wants(t, "wait "+sddl, x.Wait(soon(t)), may.wait)
			wants(t, "close", errors.Join(x.Close(), creator.Close()), nil)
		}
	})
}

func unlockNeedsNoRight(t *testing.T) {
	m, name := object(t, newMutex)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	locker := openFor(t, actor.Mutex, name, toWait)
	for _, right := range []uint32{
		windows.READ_CONTROL, windows.DELETE, windows.WRITE_DAC, windows.WRITE_OWNER, windows.SYNCHRONIZE, toQuery,
	} {
		h := openFor(t, actor.Mutex, name, right)
		wants(t, fmt.Sprintf("unlock with %#x what nobody owns", right), windows.ReleaseMutex(h), windows.ERROR_NOT_OWNER)
		wants(t, "lock", waits(locker), nil)
		if locked, _, err := m.TryLock(); locked || err != nil {
			t.Errorf("locked beside this thread: %v, %v", locked, err)
		}
		wants(t, fmt.Sprintf("unlock with %#x", right), windows.ReleaseMutex(h), nil)
		must(m.Lock(soon(t)))
		wants(t, fmt.Sprintf("unlock with %#x what another owns", right), windows.ReleaseMutex(h), windows.ERROR_NOT_OWNER)
		wants(t, "unlock", m.Unlock(), nil)
	}
	t.Run("descriptor", func(t *testing.T) {
		_, name := object(t, newMutex)
		restrict(t, actor.Mutex, name, grantWait)
		m := must(ipc.OpenMutex(name))
		defer m.Close()
		must(m.Lock(soon(t)))
		wants(t, "unlock", m.Unlock(), nil)
	})
}

func missingBeforeRefused(t *testing.T) {
	for kind, k := range rightsOf {
		_, err := k.open(0, utf16(t, unused(t)))
		wants(t, kind, err, windows.ERROR_FILE_NOT_FOUND)
	}
}

func createForNothing(t *testing.T) {
	for kind, k := range rightsOf {
		name := unused(t)
		createFor(t, kind, name, 0)
		h, err := k.create(utf16(t, name), k.all)
		wants(t, kind+" again, with all rights", err, windows.ERROR_ALREADY_EXISTS)
		windows.CloseHandle(h)
	}
	name := unused(t)
	createFor(t, actor.Event, name, 0)
	e := must(newEvent(name))
	defer e.Close()
	if !e.Existed() {
		t.Error("the package does not find what was created without rights")
	}
	wants(t, "set", e.Set(), nil)
	t.Run("again", func(t *testing.T) {
		leaveOut(t, "AC-11/again")
		for kind, k := range rightsOf {
			name := unused(t)
			createFor(t, kind, name, 0)
			_, err := k.create(utf16(t, name), 0)
			wants(t, kind, err, denied)
		}
	})
}

func executeIsToWait(t *testing.T) {
	m, name := object(t, newMutex)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h := openFor(t, actor.Mutex, name, windows.GENERIC_EXECUTE)
	wants(t, "wait", waits(h), nil)
	if locked, _, err := m.TryLock(); locked || err != nil {
		t.Errorf("locked beside this thread: %v, %v", locked, err)
	}
	wants(t, "unlock", windows.ReleaseMutex(h), nil)
}

func readAndWriteAreNot(t *testing.T) {
	m, name := object(t, newMutex)
	for _, access := range []uint32{windows.GENERIC_READ, windows.GENERIC_WRITE, windows.GENERIC_READ | windows.GENERIC_WRITE} {
		h := openFor(t, actor.Mutex, name, access)
		wants(t, fmt.Sprintf("wait with %#x", access), waits(h), denied)
		if info := must(m.Info()); !info.Signaled {
			t.Errorf("%#x: the mutex is no longer free", access)
		}
	}
}

func genericMutexRights(t *testing.T) { grantsGeneric(t, actor.Mutex) }

func genericRights(t *testing.T) {
	for _, kind := range []string{actor.Event, actor.Semaphore, actor.Timer} {
		grantsGeneric(t, kind)
	}
}

// grantsGeneric asserts what the generic rights to a kind stand for.
func grantsGeneric(t *testing.T, kind string) {
	t.Helper()
	k, name := rightsOf[kind], unused(t)
	createFor(t, kind, name, k.all)
	for asked, want := range map[uint32]uint32{
		windows.GENERIC_READ:    windows.READ_CONTROL | toQuery,
		windows.GENERIC_WRITE:   windows.READ_CONTROL | k.modify,
		windows.GENERIC_EXECUTE: windows.READ_CONTROL | windows.SYNCHRONIZE,
		windows.GENERIC_ALL:     k.all,
	} {
		if got := must(win32.QueryObject(openFor(t, kind, name, asked))).Access; got != want {
			t.Errorf("%#x to a %s gives %#x, want %#x", asked, kind, got, want)
		}
	}
}

func waitWithOneBad(t *testing.T) {
	e, name := object(t, newEvent)
	_, badName := object(t, newTimer)
	good, bad := openFor(t, actor.Event, name, toWait), openFor(t, actor.Timer, badName, toModify)
	wants(t, "set", e.Set(), nil)
	for _, handles := range [][]windows.Handle{{good, bad}, {bad, good}} {
		wants(t, "any", waits(handles...), denied)
		wants(t, "all", waitsAll(handles...), denied)
	}
	if !must(e.IsSet()) {
		t.Error("the good event was consumed")
	}
	t.Run("descriptor", func(t *testing.T) {
		_, name := object(t, newTimer)
		restrict(t, actor.Timer, name, grantModify)
		bad := must(ipc.OpenTimer(name))
		defer bad.Close()
		for _, objects := range [][]ipc.Waitable{{e, bad}, {bad, e}} {
			_, err := ipc.WaitAny(soon(t), objects...)
			wants(t, "any", err, ipc.ErrPermission)
			_, err = ipc.WaitAll(soon(t), objects...)
			wants(t, "all", err, ipc.ErrPermission)
		}
		if !must(e.IsSet()) {
			t.Error("the good event was consumed")
		}
	})
}

func createAsksForAll(t *testing.T) {
	_, name := object(t, func(name string) (*ipc.Event, error) {
		return ipc.CreateEvent(name, &ipc.EventOptions{Security: grantWait, InitiallySet: true})
	})
	_, err := rightsOf[actor.Event].create(utf16(t, name), windows.EVENT_ALL_ACCESS)
	wants(t, "create with Win32", err, denied)
	_, err = rightsOf[actor.Event].open(windows.EVENT_ALL_ACCESS, utf16(t, name))
	wants(t, "open for all with Win32", err, denied)
	wants(t, "wait with Win32", waits(openFor(t, actor.Event, name, toWait)), nil)

	_, err = newEvent(name)
	wants(t, "create", err, ipc.ErrPermission)
	e := must(ipc.OpenEvent(name))
	defer e.Close()
	if must(e.TryWait()) {
		t.Error("the signal was not consumed")
	}
}

func toSignalOnly(t *testing.T) {
	e, name := object(t, newEvent)
	h := openFor(t, actor.Event, name, toModify)
	wants(t, "set", windows.SetEvent(h), nil)
	wants(t, "wait", waits(h), denied)
	if !must(e.TryWait()) {
		t.Error("the event was not set, or was consumed")
	}
	s, name := object(t, newSemaphore)
	h = openFor(t, actor.Semaphore, name, toModify)
	_, err := win32.ReleaseSemaphore(h, 1)
	wants(t, "release", err, nil)
	wants(t, "wait", waits(h), denied)
	hasCount(t, s, 2)
}

func openForNothing(t *testing.T) {
	leaveOut(t, "AC-x2")
	for kind, k := range rightsOf {
		name := unused(t)
		createFor(t, kind, name, k.all)
		_, err := k.open(0, utf16(t, name))
		wants(t, kind, err, denied)
	}
}

// TestDescriptorMustBeOne: what is no descriptor is refused.
func TestDescriptorMustBeOne(t *testing.T) {
	_, err := ipc.CreateEvent("", &ipc.EventOptions{Security: "nonsense"})
	wants(t, "create", err, ipc.ErrInvalid)
	var code syscall.Errno
	if !errors.As(err, &code) {
		t.Errorf("%v has no code of Windows", err)
	}
}
