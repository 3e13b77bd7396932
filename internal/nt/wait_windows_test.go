package nt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// space returns a namespace of the test's own.
func space(t *testing.T) *Namespace {
	t.Helper()
	n, err := OpenDirectory(fmt.Sprintf(`%s %d`, t.Name(), os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func event(t *testing.T, n *Namespace, spec backend.Spec) *Event {
	t.Helper()
	spec.Kind = backend.Event
	e := &Event{}
	if err := n.Create(&e.Object, spec); err != nil {
		t.Fatal(err)
	}
	return e
}

func mutex(t *testing.T, n *Namespace, name string) *Mutex {
	t.Helper()
	m := &Mutex{}
	if err := n.Create(&m.Object, backend.Spec{Kind: backend.Mutex, Name: name}); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestCancellation: waits with all 64 places are cancelled while one of their
// events is set, again and again. No signal is lost, none is taken twice, and no
// wait ends otherwise.
func TestCancellation(t *testing.T) {
	n := space(t)
	var refs []*Object
	for range backend.MaxWait {
		refs = append(refs, &event(t, n, backend.Spec{}).Object)
	}
	last := event(t, n, backend.Spec{})
	refs[backend.MaxWait-1] = &last.Object

	const waiters, signals = 4, 300
	var taken, cancelled atomic.Int64
	stop, end := context.WithCancel(context.Background())
	defer end()
	var all sync.WaitGroup
	for range waiters {
		all.Go(func() {
			for stop.Err() == nil {
				ctx, cancel := context.WithTimeout(stop, 200*time.Microsecond)
				r, err := Wait(ctx, nil, false, refs)
				cancel()
				switch {
				case err == nil && r.Index == backend.MaxWait-1:
					taken.Add(1)
				case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
					cancelled.Add(1)
				default:
					t.Errorf("a wait ends with index %d, %v", r.Index, err)
				}
			}
		})
	}
	given := int64(0)
	for given < signals {
		if set, err := last.IsSet(); err != nil || set {
			continue // so that every Set counts
		}
		if err := last.Set(); err != nil {
			t.Fatal(err)
		}
		given++
	}
	end()
	all.Wait()
	if set, _ := last.IsSet(); set {
		taken.Add(1)
	}
	if taken.Load() != given {
		t.Errorf("%d signals were given and %d taken", given, taken.Load())
	}
	if cancelled.Load() == 0 {
		t.Error("no wait was cancelled")
	}
}

// TestInterruptIsUsedUp: what cancels one wait does not end the next on the same
// thread.
func TestInterruptIsUsedUp(t *testing.T) {
	n := space(t)
	m, o := mutex(t, n, "m"), &Owner{}
	defer o.Close()
	e := event(t, n, backend.Spec{})
	// The owner keeps its thread, since it owns the mutex.
	if _, err := Wait(context.Background(), o, false, []*Object{&m.Object}); err != nil {
		t.Fatal(err)
	}
	refs := []*Object{&e.Object, &m.Object}
	for range 50 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		_, err := Wait(ctx, o, true, refs)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("an unset event: %v", err)
		}
	}
	ended := make(chan error, 1)
	go func() {
		_, err := Wait(context.Background(), o, true, refs)
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Fatalf("a wait that nobody ends: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := e.Set(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// TestThreadsAreBounded: beyond the bound a wait fails, and has consumed
// nothing.
func TestThreadsAreBounded(t *testing.T) {
	old := maxThreads
	maxThreads = busyThreads.Load() + 2
	defer func() { maxThreads = old }()
	n := space(t)
	e := event(t, n, backend.Spec{Name: "e"})
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if err := e.Wait(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("a wait that is cancelled: %v", err)
			}
		})
	}
	for busyThreads.Load() < maxThreads {
		time.Sleep(time.Millisecond)
	}
	if err := e.Wait(context.Background()); !errors.Is(err, backend.ErrNoSpace) {
		t.Errorf("one wait too many: %v", err)
	}
	cancel()
	all.Wait()
	if err := e.Set(); err != nil {
		t.Fatal(err)
	}
	if err := e.Wait(context.Background()); err != nil {
		t.Errorf("a wait when there is room again: %v", err)
	}
}

// TestAbandonOneOfTwo: two mutexes that one wait has locked for their handles
// are on one thread. Closing one handle does not take the other's mutex away; its
// own is abandoned when the other is unlocked.
func TestAbandonOneOfTwo(t *testing.T) {
	n := space(t)
	m1, m2, other1, other2 := mutex(t, n, "1"), mutex(t, n, "2"), mutex(t, n, "1"), mutex(t, n, "2")
	if _, err := Wait(context.Background(), nil, true, []*Object{&m1.Object, &m2.Object}); err != nil {
		t.Fatal(err)
	}
	if err := m1.Close(); err != nil {
		t.Fatal(err)
	}
	if locked, _, err := other2.TryLock(); locked || err != nil {
		t.Fatalf("the second mutex is no longer owned: %v", err)
	}
	if err := m2.Unlock(); err != nil {
		t.Fatal(err)
	}
	if locked, abandoned, err := other1.TryLock(); !locked || !abandoned || err != nil {
		t.Errorf("the first mutex: locked %v, abandoned %v, %v", locked, abandoned, err)
	}
	if locked, abandoned, err := other2.TryLock(); !locked || abandoned || err != nil {
		t.Errorf("the second mutex: locked %v, abandoned %v, %v", locked, abandoned, err)
	}
}

// TestAbandonedMeanwhile: a wait for all tells of a mutex that was free when it
// began to block, and was locked and abandoned since.
func TestAbandonedMeanwhile(t *testing.T) {
	n := space(t)
	m1, m2, owner, dying := mutex(t, n, "1"), mutex(t, n, "2"), &Owner{}, &Owner{}
	defer owner.Close()
	lock(t, owner, m1)
	told := make(chan uint64, 1)
	go func() {
		r, err := Wait(context.Background(), nil, true, []*Object{&m1.Object, &m2.Object})
		if err != nil {
			t.Error(err)
		}
		told <- r.Abandoned
	}()
	for m1.waiters() == 0 {
		time.Sleep(time.Millisecond)
	}
	lock(t, dying, m2)
	if err := dying.Close(); err != nil {
		t.Fatal(err)
	}
	if err := owner.Unlock(m1); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got&2 == 0 {
		t.Errorf("told of %b, not of the second mutex", got)
	}
}

func lock(t *testing.T, o *Owner, m *Mutex) {
	t.Helper()
	if _, err := Wait(context.Background(), o, false, []*Object{&m.Object}); err != nil {
		t.Fatal(err)
	}
}

// TestThreadsEnd: ending a thread is the real end of one, which is never that of
// the process.
func TestThreadsEnd(t *testing.T) {
	for range 20 {
		th, err := takeThread()
		if err != nil {
			t.Fatal(err)
		}
		var id uint32
		th.do(func() { id = windows.GetCurrentThreadId() })
		if id == mainThread {
			t.Fatal("the main thread of the process owns mutexes")
		}
		h, err := windows.OpenThread(windows.SYNCHRONIZE, false, id)
		if err != nil {
			t.Fatal(err)
		}
		th.end()
		if code, err := windows.WaitForSingleObject(h, 0); code != windows.WAIT_OBJECT_0 || err != nil {
			t.Fatalf("the thread has not ended: %d, %v", code, err)
		}
		windows.CloseHandle(h)
	}
}
