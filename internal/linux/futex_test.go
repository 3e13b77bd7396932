//go:build linux

package linux

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFutexWaitReturnsWhenTheValueDiffers(t *testing.T) {
	w := uint32(7)
	for name, err := range map[string]error{
		"wait":  FutexWait(&w, 8, -1),
		"until": FutexWaitUntil(&w, 8, time.Now().Add(time.Hour)),
		"many":  FutexWaitMany([]*uint32{&w}, []uint32{8}, -1),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFutexWaitTimesOut(t *testing.T) {
	for _, d := range []time.Duration{0, 20 * time.Millisecond} {
		w := new(uint32)
		for name, wait := range map[string]func() error{
			"wait":  func() error { return FutexWait(w, 0, d) },
			"until": func() error { return FutexWaitUntil(w, 0, time.Now().Add(d)) },
			"many":  func() error { return FutexWaitMany([]*uint32{w, new(uint32)}, []uint32{0, 0}, d) },
		} {
			begin := time.Now()
			err := unlessWoken(wait)
			if !errors.Is(err, ErrTimeout) {
				t.Errorf("%s: %v, want ErrTimeout", name, err)
			}
			if passed := time.Since(begin); passed < d {
				t.Errorf("%s: timed out after %v of %v", name, passed, d)
			}
		}
	}
}

func TestFutexWaitUntilThePast(t *testing.T) {
	w := new(uint32)
	for _, wall := range []time.Time{time.Now().Add(-time.Hour), time.Unix(-5, 0)} {
		err := unlessWoken(func() error { return FutexWaitUntil(w, 0, wall) })
		if !errors.Is(err, ErrTimeout) {
			t.Errorf("until %v: %v, want ErrTimeout", wall, err)
		}
	}
}

// unlessWoken repeats a wait that a signal ended.
func unlessWoken(wait func() error) error {
	for {
		if err := wait(); err != nil {
			return err
		}
	}
}

func TestFutexWaitReportsWhatTheKernelRefuses(t *testing.T) {
	s := openTest(t, shmDir(t))
	must(t, os.Truncate(s.Path(), 0))
	if err := FutexWait(word(s, 0), 0, -1); !errors.Is(err, syscall.EFAULT) {
		t.Errorf("wait on a lost page: %v, want EFAULT", err)
	}
	FutexWake(word(s, 0), 1)
}

func TestFutexWake(t *testing.T) {
	w := new(uint32)
	waits := map[string]func() error{
		"for ever": func() error { return FutexWait(w, 0, -1) },
		"timeout":  func() error { return FutexWait(w, 0, time.Hour) },
		"until":    func() error { return FutexWaitUntil(w, 0, time.Now().Add(time.Hour)) },
		"many":     func() error { return FutexWaitMany([]*uint32{new(uint32), w}, []uint32{0, 0}, -1) },
	}
	for name, wait := range waits {
		done := make(chan error, 1)
		go func() { done <- wait() }()
		if err := wakeUntilDone(t, w, done); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wakeUntilDone wakes w until the wait has ended, whose result it returns. That
// may have come first: a signal ends those waits that have a timeout.
func wakeUntilDone(t *testing.T, w *uint32, done <-chan error) (err error) {
	t.Helper()
	eventually(t, "the wait to end", func() bool {
		wakeOne(w)
		select {
		case err = <-done:
			return true
		default:
			return false
		}
	})
	return err
}

// P.1 maps the segment and sleeps; Q.1 maps it, elsewhere in its memory, and wakes.
func TestFutexMeetsAcrossProcesses(t *testing.T) {
	dir := shmDir(t)
	s := openTest(t, dir)
	tid, done := sleeper(t, func() error { return FutexWait(word(s, 5), 0, -1) })
	asleep(t, tid)
	c := start(t, "wake", nil, dir, "5")
	c.expect("woken")
	must(t, <-done)
}

// A signal may end a wait early, but only with nil.
func TestFutexWaitUnderSignals(t *testing.T) {
	w := new(uint32)
	tid, done := sleeper(t, func() error { return FutexWait(w, 0, time.Hour) })
	asleep(t, tid)
	var err error
	eventually(t, "the wait to end", func() bool {
		unix.Tgkill(os.Getpid(), tid, unix.SIGURG)
		select {
		case err = <-done:
			return true
		default:
			return false
		}
	})
	must(t, err)
}

// While threads sleep in the kernel, their processors are free.
func TestFutexWaitReleasesTheProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := new(uint32)
	done := make(chan error)
	go func() { done <- FutexWait(w, 0, -1) }()
	eventually(t, "somebody to wake", func() bool { runtime.GC(); return wakeOne(w) })
	must(t, <-done)
}

// sleeper runs wait on a thread whose id it returns.
func sleeper(t *testing.T, wait func() error) (tid int, done chan error) {
	t.Helper()
	ids := make(chan int, 1) // the thread does not park before it waits
	done = make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		ids <- unix.Gettid()
		done <- wait()
	}()
	return <-ids, done
}

// asleep waits until a thread of this process sleeps in a futex call.
func asleep(t *testing.T, tid int) {
	t.Helper()
	eventually(t, "the thread to sleep", func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", tid))
		must(t, err)
		call, _, _ := strings.Cut(string(text), " ")
		return call == fmt.Sprint(unix.SYS_FUTEX) || call == fmt.Sprint(unix.SYS_FUTEX_WAITV)
	})
}

func TestFutexWakeLosesNothing(t *testing.T) {
	const rounds = 2000
	turn := new(uint32)
	pass := func(mine uint32) {
		for range rounds {
			for atomic.LoadUint32(turn) != mine {
				FutexWait(turn, 1-mine, -1)
			}
			atomic.StoreUint32(turn, 1-mine)
			FutexWake(turn, 1)
		}
	}
	done := make(chan bool)
	go func() { pass(1); done <- true }()
	pass(0)
	<-done
}
