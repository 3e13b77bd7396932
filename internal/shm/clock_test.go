//go:build linux

package shm

import (
	"context"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// The time of day jumps, without the machine's clock being set: absolute
// timers follow it, nothing else does. Here it is the engine that is tested;
// that the kernel's sleep follows the real clock is seen by the cases of
// conformance that set it.

// A dayClock is a time of day that jumps for all who use it.
type dayClock struct {
	offset   atomic.Int64 // read where nothing may block: see System
	mu       sync.Mutex
	sleepers map[*dayClockSleeper]struct{}
}

type dayClockSleeper struct {
	system *linux.System
	word   *uint32
}

func (d *dayClock) now() time.Time {
	return time.Now().Add(time.Duration(d.offset.Load()))
}

// jump sets the clock, and has everybody who sleeps by it look again, as the
// kernel has.
func (d *dayClock) jump(by time.Duration) {
	d.mu.Lock()
	d.offset.Add(int64(by))
	asleep := make([]*dayClockSleeper, 0, len(d.sleepers))
	for s := range d.sleepers {
		asleep = append(asleep, s)
	}
	d.mu.Unlock()
	for _, s := range asleep {
		for d.sleeps(s) {
			s.system.Wake(s.word, 1)
			runtime.Gosched()
		}
	}
}

func (d *dayClock) sleeps(s *dayClockSleeper) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.sleepers[s]
	return ok
}

// A jumpingSystem is Linux with that clock.
type jumpingSystem struct {
	*linux.System
	day *dayClock
}

func (s jumpingSystem) WallNow() int64 { return s.day.now().UnixNano() }

func (s jumpingSystem) SleepUntil(word *uint32, value uint32, wall int64) {
	me := &dayClockSleeper{s.System, word}
	s.day.mu.Lock()
	s.day.sleepers[me] = struct{}{}
	real := wall - s.day.offset.Load()
	s.day.mu.Unlock()
	s.System.SleepUntil(word, value, real)
	s.day.mu.Lock()
	delete(s.day.sleepers, me)
	s.day.mu.Unlock()
}

// A jumpingWorld is two processes in a namespace with that clock.
type jumpingWorld struct {
	t    *testing.T
	day  *dayClock
	a, b *Namespace
}

func newJumpingWorld(t *testing.T) *jumpingWorld {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &jumpingWorld{t: t, day: &dayClock{sleepers: map[*dayClockSleeper]struct{}{}}}
	w.a, w.b = w.attach(dir), w.attach(dir)
	return w
}

func (w *jumpingWorld) attach(dir string) *Namespace {
	w.t.Helper()
	sys, err := linux.OpenSystem(dir, linux.Access{}, true, linux.Format{
		Size: Size, Reserve: InitialReserve, Init: Format, Check: CheckHeader,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	n, err := Attach(sys.Bytes(), jumpingSystem{sys, w.day})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { n.Close() })
	return n
}

// timer creates a timer, and opens it in the other process.
func (w *jumpingWorld) timer() (here, there *Timer) {
	w.t.Helper()
	here, there = &Timer{}, &Timer{}
	if err := w.a.Create(&here.Object, backend.Spec{Kind: backend.Timer, Name: "timer"}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.b.Open(&there.Object, backend.Timer, "timer"); err != nil {
		w.t.Fatal(err)
	}
	return here, there
}

// waiting starts a wait for a timer and returns when it is blocked, or over.
func (w *jumpingWorld) waiting(ctx context.Context, x *Timer) <-chan error {
	w.t.Helper()
	result := make(chan error, 1)
	go func() { result <- x.Wait(ctx) }()
	for {
		info, err := x.Info()
		if err != nil {
			w.t.Fatal(err)
		}
		if info.Waiters > 0 || len(result) > 0 {
			return result
		}
		runtime.Gosched()
	}
}

// fires checks that a wait ends by the timer.
func (w *jumpingWorld) fires(what string, wait <-chan error) {
	w.t.Helper()
	select {
	case err := <-wait:
		if err != nil {
			w.t.Errorf("%s: %v", what, err)
		}
	case <-time.After(20 * time.Second):
		w.t.Fatalf("%s: the wait hangs", what)
	}
}

// quiet checks that nothing fires for a while, which is what is measured.
func (w *jumpingWorld) quiet(what string, wait <-chan error) {
	w.t.Helper()
	select {
	case err := <-wait:
		w.t.Fatalf("%s: the wait ended: %v", what, err)
	case <-time.After(100 * time.Millisecond):
	}
}

// do fails the test when an operation does.
func (w *jumpingWorld) do(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestClockForward: an absolute timer is due as soon as the clock says so.
func TestClockForward(t *testing.T) {
	w := newJumpingWorld(t)
	here, there := w.timer()
	w.do(here.SetAt(w.day.now().Add(time.Hour), 0))
	wait := w.waiting(context.Background(), there)
	w.day.jump(59 * time.Minute)
	w.quiet("a minute early", wait)
	w.day.jump(2 * time.Hour)
	w.fires("an hour late", wait)
	if ok, err := here.TryWait(); ok || err != nil {
		t.Errorf("it fired twice: %v, %v", ok, err)
	}
}

// TestClockBack: an absolute timer waits until the clock has come so far
// again.
func TestClockBack(t *testing.T) {
	w := newJumpingWorld(t)
	here, there := w.timer()
	w.do(here.SetAt(w.day.now().Add(time.Hour), 0))
	wait := w.waiting(context.Background(), there)
	w.day.jump(-3 * time.Hour)
	w.day.jump(2 * time.Hour) // two hours to go
	w.quiet("two hours early", wait)
	w.day.jump(2*time.Hour + time.Second)
	w.fires("at last", wait)
}

// TestClockOfRelativeTimers: what is due after a time, once or periodically, is
// so whatever the clock says.
func TestClockOfRelativeTimers(t *testing.T) {
	w := newJumpingWorld(t)
	here, there := w.timer()
	w.do(here.Set(time.Hour, 0))
	wait := w.waiting(context.Background(), there)
	w.day.jump(5 * time.Hour)
	w.quiet("forward", wait)
	w.do(here.Set(time.Millisecond, 5*time.Millisecond))
	w.day.jump(-9 * time.Hour)
	w.fires("the first time", wait)
	for range 3 {
		w.day.jump(-time.Hour)
		w.fires("the next time", w.waiting(context.Background(), there))
	}
}

// TestClockOfPeriods: once an absolute timer has fired, its periods do not
// follow the clock.
func TestClockOfPeriods(t *testing.T) {
	w := newJumpingWorld(t)
	here, there := w.timer()
	w.do(here.SetAt(w.day.now().Add(time.Hour), 5*time.Millisecond))
	wait := w.waiting(context.Background(), there)
	w.day.jump(time.Hour)
	w.fires("at the time", wait)
	w.day.jump(-12 * time.Hour)
	w.fires("after a period", w.waiting(context.Background(), there))
}

// TestClockOfDeadlines: a wait's deadline does not follow the clock.
func TestClockOfDeadlines(t *testing.T) {
	w := newJumpingWorld(t)
	here, there := w.timer()
	w.do(here.SetAt(w.day.now().Add(100*time.Hour), 0))
	long, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	wait := w.waiting(long, there)
	w.day.jump(3 * time.Hour)
	w.quiet("forward", wait)
	cancel()
	if err := <-wait; err != context.Canceled {
		t.Errorf("%v, want the context's error", err)
	}
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	wait = w.waiting(short, there)
	w.day.jump(-6 * time.Hour)
	select {
	case err := <-wait:
		if err != context.DeadlineExceeded {
			t.Errorf("%v, want the context's error", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the wait outlives its deadline")
	}
}
