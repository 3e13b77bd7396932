//go:build ipcseam

package shm

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestUnlockBesideNudged: while a waiter is on its way to fetch a mutex, an unlock is
// one look and one compare-and-swap, whoever else waits.
func TestUnlockBesideNudged(t *testing.T) {
	runtime.LockOSThread() // steps go by the thread
	defer runtime.UnlockOSThread()
	w := newWorld(t)
	defer w.close()
	m, mb, mc := w.mutex(w.a, "m", true), w.mutex(w.b, "m", false), w.mutex(w.c, "m", false)
	first := w.block("c", false, &mc.Object)
	second := w.block("b", false, &mb.Object)

	w.leftTo(w.c, m)
	counter.runUntil(1000, func() { m.Unlock() })
	if counter.taken != 2 {
		t.Errorf("an unlock takes %d steps", counter.taken)
	}
	w.letGo()

	w.until("c has it", first.isDone)
	if mc.local.Load() {
		t.Error("c believes that it was its own process that told it")
	}
	mc.Unlock()
	w.until("b has it", second.isDone)
	mb.Unlock()
	w.check(w.a)
}

// The others are about somebody on whom a mutex waits and who does not move: a
// waiter that was told to fetch it, or the process that should have woken that
// waiter.

// TestStoppedWaiter: one that was told to fetch a mutex and does not come does
// not keep it from the one behind it, though those who unlock it leave it to the
// first.
func TestStoppedWaiter(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	m, mb, mc := w.mutex(w.a, "m", true), w.mutex(w.b, "m", false), w.mutex(w.c, "m", false)
	stopped := w.block("c", false, &mc.Object)
	behind := w.block("b", false, &mb.Object)

	w.hold(w.c) // it cannot come
	m.Unlock()
	w.lockUntil(m, behind)
	w.letGo()

	mb.Unlock()
	w.until("c has it", stopped.isDone)
	mc.Unlock()
	w.check(w.a)
}

// TestStoppedWaker: a process told a waiter to fetch the mutex and was stopped
// before it woke it. Another does.
func TestStoppedWaker(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	waker, sleeper := w.attachObserved(), w.attachObserved()
	m, mb, mc := w.mutex(waker.n, "m", true), w.mutex(w.b, "m", false), w.mutex(sleeper.n, "m", false)
	b := w.block("the sleeper", false, &mc.Object)
	w.until("it sleeps", sleeper.sleeps.Load)

	waker.stopped.Store(true)
	m.Unlock()
	w.lockUntil(mb, b)
	waker.stopped.Store(false)

	mc.Unlock()
	w.check(w.b)
}

// An observed is the system of a process of which a test knows whether somebody
// sleeps or has slept, and that wakes nobody while it is stopped.
type observed struct {
	System
	n       *Namespace
	sleeps  atomic.Bool
	stopped atomic.Bool
}

func (w *world) attachObserved() *observed {
	x := &observed{}
	x.n = w.attachThrough(func(s System) System { x.System = s; return x })
	return x
}

func (x *observed) Sleep(word *uint32, value uint32, timeout time.Duration) {
	x.sleeps.Store(true)
	x.System.Sleep(word, value, timeout)
}

func (x *observed) Wake(word *uint32, n int) {
	if !x.stopped.Load() {
		x.System.Wake(word, n)
	}
}

// lockUntil locks and unlocks a mutex, ahead of those who wait for it, until one
// of them has got it.
func (w *world) lockUntil(m *Mutex, b *blocked) {
	w.t.Helper()
	w.until(b.name+" has it", func() bool {
		if ok, _, err := m.TryLock(); err != nil {
			w.t.Fatal(err)
		} else if ok {
			if err := m.Unlock(); err != nil {
				w.t.Fatal(err)
			}
		}
		return b.isDone()
	})
}
