package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/foreign"
)

// Tests with a peer that knows nothing of this package: a program in C that
// calls Windows (internal/foreign/testdata/peer.c). Both use one object by its
// name, each in its own way.

var foreignNames atomic.Int64

// foreignName gives a name that nobody else uses.
func foreignName() string {
	return fmt.Sprintf(`Local\ipc-test-%d-é%d`, os.Getpid(), foreignNames.Add(1))
}

// soon is a context for what must happen.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// inBothDirections plays a scene twice: on an object that the package makes and
// the peer opens, and the other way round. The peer's handle is number 1.
func inBothDirections[T ipc.Waitable](t *testing.T, kind, attributes string,
	create, open func(name string) (T, error), scene func(*testing.T, T, *foreign.Peer),
) {
	t.Helper()
	t.Run("created by the package", func(t *testing.T) {
		p, name := foreign.Start(t), foreignName()
		o := must(create(name))
		defer o.Close()
		p.Answers("OK 1", "open %s %s", kind, name)
		scene(t, o, p)
		p.Exit()
	})
	t.Run("created by the peer", func(t *testing.T) {
		p, name := foreign.Start(t), foreignName()
		p.Answers("OK 1", "create %s %s %s", kind, name, attributes)
		o := must(open(name))
		defer o.Close()
		scene(t, o, p)
		p.Exit()
	})
}

func TestForeignEvent(t *testing.T) {
	foreign.Need(t)
	create := func(name string) (*ipc.Event, error) { return ipc.CreateEvent(name, nil) }
	inBothDirections(t, "event", "0 0", create, ipc.OpenEvent, func(t *testing.T, e *ipc.Event, p *foreign.Peer) {
		p.Do("set 1")
		if !must(e.IsSet()) || !must(e.TryWait()) || must(e.TryWait()) {
			t.Error("the peer's signal is not taken once")
		}
		foreignNil(t, e.Set())
		p.Answers("OK 0", "wait any 0 1")
		p.Answers("TIMEOUT 0", "wait any 0 1")
		p.Do("set 1")
		foreignNil(t, e.Reset())
		p.Answers("TIMEOUT 0", "wait any 0 1")
	})
}

func TestForeignManualEvent(t *testing.T) {
	foreign.Need(t)
	create := func(name string) (*ipc.Event, error) {
		return ipc.CreateEvent(name, &ipc.EventOptions{ManualReset: true})
	}
	inBothDirections(t, "event", "1 0", create, ipc.OpenEvent, func(t *testing.T, e *ipc.Event, p *foreign.Peer) {
		foreignNil(t, e.Set())
		p.Answers("OK 0", "wait any 0 1")
		for range 2 {
			if !must(e.TryWait()) {
				t.Error("it does not stay set")
			}
		}
		p.Do("reset 1")
		if must(e.TryWait()) {
			t.Error("the peer's reset is not seen")
		}
	})
}

func TestForeignMutex(t *testing.T) {
	foreign.Need(t)
	create := func(name string) (*ipc.Mutex, error) { return ipc.CreateMutex(name, nil) }
	inBothDirections(t, "mutex", "0", create, ipc.OpenMutex, func(t *testing.T, m *ipc.Mutex, p *foreign.Peer) {
		p.Answers("OK 0", "wait any 0 1")
		if locked, _, err := m.TryLock(); locked || err != nil {
			t.Fatalf("locked beside the peer: %v, %v", locked, err)
		}
		if err := m.Unlock(); !errors.Is(err, ipc.ErrNotOwner) {
			t.Errorf("unlock what the peer owns: %v", err)
		}
		p.Do("unlock 1")
		must(m.Lock(soon(t)))
		p.Answers("TIMEOUT 0", "wait any 0 1")
		p.Answers("ERROR 288", "unlock 1") // ERROR_NOT_OWNER
		foreignNil(t, m.Unlock())
		p.Answers("OK 0", "wait any 0 1")
		p.Do("unlock 1")
	})
}

func TestForeignSemaphore(t *testing.T) {
	foreign.Need(t)
	create := func(name string) (*ipc.Semaphore, error) {
		return ipc.CreateSemaphore(name, &ipc.SemaphoreOptions{Initial: 1, Max: 3})
	}
	inBothDirections(t, "semaphore", "1 3", create, ipc.OpenSemaphore, func(t *testing.T, s *ipc.Semaphore, p *foreign.Peer) {
		p.Answers("OK 0", "wait any 0 1")
		if must(s.TryAcquire()) {
			t.Error("a permit beside the peer's")
		}
		p.Answers("OK 0", "release 1 2")
		if previous := must(s.Release(1)); previous != 2 {
			t.Errorf("the previous count is %d, want 2", previous)
		}
		p.Answers("ERROR 298", "release 1 1") // ERROR_TOO_MANY_POSTS
		if _, err := s.Release(1); !errors.Is(err, ipc.ErrTooManyPosts) {
			t.Errorf("release beyond the maximum: %v", err)
		}
	})
}

func TestForeignTimer(t *testing.T) {
	foreign.Need(t)
	create := func(name string) (*ipc.Timer, error) { return ipc.CreateTimer(name, nil) }
	inBothDirections(t, "timer", "0", create, ipc.OpenTimer, func(t *testing.T, x *ipc.Timer, p *foreign.Peer) {
		p.Do("arm 1 1 0")
		foreignNil(t, x.Wait(soon(t)))
		p.Answers("TIMEOUT 0", "wait any 0 1")
		foreignNil(t, x.Set(time.Millisecond, time.Millisecond))
		for range 3 {
			p.Answers("OK 0", "wait any -1 1")
		}
		p.Do("cancel 1")
		p.Ask("wait any 0 1") // the timer may have been due once more
		foreignNil(t, x.Set(time.Hour, 0))
		p.Answers("TIMEOUT 0", "wait any 0 1")
	})
}

// TestForeignGlobal: a name with Global\ is the machine's, for the package and for
// others.
func TestForeignGlobal(t *testing.T) {
	p, name := foreign.Start(t), fmt.Sprintf(`Global\ipc-test-%d-%d`, os.Getpid(), foreignNames.Add(1))
	p.Answers("OK 1", "create semaphore %s 0 2", name)
	s := must(ipc.OpenSemaphore(name))
	defer s.Close()
	must(s.Release(2))
	p.Answers("OK 0", "wait any 0 1")
	if !must(s.TryAcquire()) || must(s.TryAcquire()) {
		t.Error("the permit that the peer has left is not taken once")
	}
	m := must(ipc.CreateMutex(name+"m", nil))
	defer m.Close()
	must(m.Lock(soon(t)))
	p.Answers("OK 2", "open mutex %sm", name)
	p.Answers("TIMEOUT 0", "wait any 0 2")
	foreignNil(t, m.Unlock())
	p.Answers("OK 0", "wait any 0 2")
	p.Kill()
	if abandoned := must(m.Lock(soon(t))); !abandoned {
		t.Error("not told that the peer's end abandoned it")
	}
}

// TestForeignBlocked: each releases the other from a wait.
func TestForeignBlocked(t *testing.T) {
	p, name := foreign.Start(t), foreignName()
	there, here := must(ipc.CreateEvent(name, nil)), must(ipc.CreateEvent(name+"b", nil))
	defer there.Close()
	defer here.Close()
	p.Do("open event %s", name)
	p.Do("open event %sb", name)
	for range 50 {
		p.Sayf("signal 2 -1 1") // sets here, waits for there
		if _, err := ipc.SignalAndWait(soon(t), there, here); err != nil {
			t.Fatal(err)
		}
		p.Expect("OK 0")
	}
	p.Exit()
}

// TestForeignMany: wait-any and wait-all over objects that the other signals.
func TestForeignMany(t *testing.T) {
	p, name := foreign.Start(t), foreignName()
	e := must(ipc.CreateEvent(name, nil))
	defer e.Close()
	p.Answers("OK 1", "open event %s", name)
	p.Answers("OK 2", "create semaphore %ss 0 1", name)
	s := must(ipc.OpenSemaphore(name + "s"))
	defer s.Close()

	p.Do("release 2 1")
	if r, err := ipc.WaitAny(soon(t), e, s); err != nil || r.Index != 1 {
		t.Errorf("the wait for any gives %+v, %v", r, err)
	}
	p.Do("set 1")
	if _, ok, err := ipc.TryWaitAll(e, s); ok || err != nil {
		t.Errorf("all with one: %v, %v", ok, err)
	}
	p.Do("release 2 1")
	if _, err := ipc.WaitAll(soon(t), e, s); err != nil {
		t.Errorf("the wait for all: %v", err)
	}
	p.Answers("TIMEOUT 0", "wait any 0 1 2")

	p.Sayf("wait all -1 1 2")
	foreignNil(t, e.Set())
	must(s.Release(1))
	p.Expect("OK 0")
	p.Exit()
}

// TestForeignNames: the kinds share their names, and an object is there as long
// as anybody has it open.
func TestForeignNames(t *testing.T) {
	p, name := foreign.Start(t), foreignName()
	p.Answers("OK 1", "create event %s 0 0", name)
	if _, err := ipc.OpenMutex(name); !errors.Is(err, ipc.ErrWrongType) {
		t.Errorf("open an event as a mutex: %v", err)
	}
	if _, err := ipc.CreateMutex(name, nil); !errors.Is(err, ipc.ErrWrongType) {
		t.Errorf("create a mutex where an event is: %v", err)
	}
	e := must(ipc.CreateEvent(name, nil))
	if !e.Existed() {
		t.Error("the peer's event did not exist")
	}
	p.Do("close 1")
	p.Answers("ERROR 6", "open mutex %s", name) // ERROR_INVALID_HANDLE
	p.Answers("EXISTED 2", "create event %s 0 0", name)
	foreignNil(t, e.Close())
	must(ipc.OpenEvent(name)).Close()
	p.Do("close 2")
	if _, err := ipc.OpenEvent(name); !errors.Is(err, ipc.ErrNotExist) {
		t.Errorf("open what nobody has: %v", err)
	}
	p.Exit()
}

func foreignNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
