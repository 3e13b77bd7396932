//go:build ipcseam

package shm

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// A scenario is an operation of process a, and what the survivors do then. The
// preparation returns both; after gets whether a died.
type scenario struct {
	name    string
	prepare func(w *world) (op func(), after func(died bool))
}

var background = context.Background()

// sets unblocks a wait for an event with as many Sets as it takes.
func (w *world) sets(e *Event, b *blocked) {
	w.t.Helper()
	if b.isQueued() {
		if err := e.Set(); err != nil {
			w.t.Fatal(err)
		}
	}
	w.until("the wait "+b.name+" succeeds", b.isDone)
	if b.err != nil {
		w.t.Fatalf("wait %s: %v", b.name, b.err)
	}
}

var scenarios = []scenario{
	{"set an auto-reset event with a waiter", func(w *world) (func(), func(bool)) {
		e, eb, ec := w.event(w.a, "e", false, false), w.event(w.b, "e", false, false), w.event(w.c, "e", false, false)
		b := w.block("c", false, &ec.Object)
		return func() { e.Set() }, func(bool) { w.sets(eb, b) }
	}},
	{"set a manual-reset event with two waiters", func(w *world) (func(), func(bool)) {
		e, eb, ec := w.event(w.a, "e", true, false), w.event(w.b, "e", true, false), w.event(w.c, "e", true, false)
		b, b2 := w.block("c", false, &ec.Object), w.block("b", false, &eb.Object)
		return func() { e.Set() }, func(bool) { w.sets(eb, b); w.sets(eb, b2) }
	}},
	{"pulse an event with a wait-any", func(w *world) (func(), func(bool)) {
		e, eb, ec := w.event(w.a, "e", false, false), w.event(w.b, "e", false, false), w.event(w.c, "e", false, false)
		other := w.event(w.c, "other", false, false)
		b := w.block("c", false, &other.Object, &ec.Object)
		return func() { e.Pulse() }, func(bool) {
			w.sets(eb, b)
			if set, _ := eb.IsSet(); set {
				w.t.Fatal("set after a pulse")
			}
		}
	}},
	{"release a semaphore with a waiter", func(w *world) (func(), func(bool)) {
		s, sb, sc := w.semaphore(w.a, "s", 0, false), w.semaphore(w.b, "s", 0, false), w.semaphore(w.c, "s", 0, false)
		b := w.block("c", false, &sc.Object)
		return func() { s.Release(1) }, func(bool) {
			if b.isQueued() {
				sb.Release(1)
			}
			w.until("the permit arrives", b.isDone)
			if ok, _ := sb.TryAcquire(); ok {
				w.t.Fatal("a permit was doubled")
			}
		}
	}},
	{"acquire from a semaphore that reclaims", func(w *world) (func(), func(bool)) {
		s, sb := w.semaphore(w.a, "s", 1, true), w.semaphore(w.b, "s", 1, true)
		return func() { s.TryAcquire() }, func(died bool) {
			if ok, err := sb.TryAcquire(); ok != died || err != nil {
				w.t.Fatalf("the permit of the dead: %v, %v", ok, err)
			}
		}
	}},
	{"unlock a mutex with two waiters", func(w *world) (func(), func(bool)) {
		m, mb, mc := w.mutex(w.a, "m", true), w.mutex(w.b, "m", false), w.mutex(w.c, "m", false)
		b, b2 := w.block("c", false, &mc.Object), w.block("b", false, &mb.Object)
		return func() { m.Unlock() }, func(bool) {
			// c is the first, but was told by somebody who died before waking it:
			// when that is cleared up later than it should have come, b may be faster.
			w.until("somebody has it", func() bool { return b.isDone() || b2.isDone() })
			if !b.isDone() {
				b, b2, mc, mb = b2, b, mb, mc
			}
			mc.Unlock()
			w.until("both had it", b2.isDone)
			mb.Unlock()
		}
	}},
	{"unlock a mutex left to a waiter on its way", func(w *world) (func(), func(bool)) {
		m, mc := w.mutex(w.a, "m", true), w.mutex(w.c, "m", false)
		b := w.block("c", false, &mc.Object)
		w.leftTo(w.c, m)
		return func() { m.Unlock() }, func(bool) {
			w.letGo()
			w.until("c has it", b.isDone)
			mc.Unlock()
		}
	}},
	{"reap a waiter on its way", func(w *world) (func(), func(bool)) {
		d := w.attach()
		mb, mc, md := w.mutex(w.b, "m", true), w.mutex(w.c, "m", false), w.mutex(d, "m", false)
		go Wait(background, nil, false, []*Object{&md.Object}) // it never returns
		w.until("the dead one's wait is queued", func() bool { return len(d.blockedNow()) > 0 })
		b := w.block("c", false, &mc.Object)
		w.leftTo(d, mb)
		w.held = nil // its lock is the dead one's
		w.quietly(d)
		return func() { w.a.reap(d.slotIndex) }, func(bool) {
			w.tell(d)
			w.reaped(d)
			mb.Unlock()
			w.until("c has it", b.isDone)
			mc.Unlock()
		}
	}},
	{"lock a free mutex and die or not", func(w *world) (func(), func(bool)) {
		m, mb := w.mutex(w.a, "m", false), w.mutex(w.b, "m", false)
		return func() { m.TryLock() }, func(died bool) {
			if ok, _, err := mb.TryLock(); ok != died || err != nil {
				w.t.Fatalf("lock after: %v, %v", ok, err)
			}
		}
	}},
	{"close a handle that owns a mutex", func(w *world) (func(), func(bool)) {
		m, mc := w.mutex(w.a, "m", true), w.mutex(w.c, "m", false)
		b := w.block("c", false, &mc.Object)
		return func() { m.Close() }, func(bool) {
			w.until("c has it", b.isDone)
			if b.result.Abandoned == 0 {
				w.t.Fatal("not told that it was abandoned")
			}
			mc.Unlock()
		}
	}},
	{"wait for all of an event, a permit and a mutex", func(w *world) (func(), func(bool)) {
		e, s, m := w.event(w.a, "e", false, true), w.semaphore(w.a, "s", 1, false), w.mutex(w.a, "m", false)
		eb, sb, mb := w.event(w.b, "e", false, true), w.semaphore(w.b, "s", 1, false), w.mutex(w.b, "m", false)
		return func() { Wait(background, nil, true, []*Object{&e.Object, &s.Object, &m.Object}) }, func(died bool) {
			set, _ := eb.IsSet()
			permit, _ := sb.TryAcquire()
			locked, abandoned, _ := mb.TryLock()
			if set != permit || locked != died || abandoned != (died && !set) {
				w.t.Fatalf("taken in part: set %v, permit %v, locked %v, abandoned %v, died %v", set, permit, locked, abandoned, died)
			}
		}
	}},
	{"satisfy a wait-all", func(w *world) (func(), func(bool)) {
		e, eb, ec := w.event(w.a, "e", false, false), w.event(w.b, "e", false, false), w.event(w.c, "e", false, false)
		sc, mc := w.semaphore(w.c, "s", 1, false), w.mutex(w.c, "m", false)
		b := w.block("c", true, &sc.Object, &ec.Object, &mc.Object)
		return func() { e.Set() }, func(bool) {
			w.sets(eb, b)
			if ok, _ := sc.TryAcquire(); ok {
				w.t.Fatal("the permit is still there")
			}
			if err := mc.Unlock(); err != nil {
				w.t.Fatal(err)
			}
		}
	}},
	{"queue a wait and withdraw it", func(w *world) (func(), func(bool)) {
		e, f := w.event(w.a, "e", false, false), w.event(w.a, "f", false, false)
		eb, ec := w.event(w.b, "e", false, false), w.event(w.c, "e", false, false)
		b := w.block("c", false, &ec.Object)
		op := func() {
			ctx, cancel := context.WithTimeout(background, time.Millisecond)
			defer cancel()
			Wait(ctx, nil, false, []*Object{&f.Object, &e.Object})
		}
		return op, func(bool) { w.sets(eb, b) }
	}},
	{"create and close objects", func(w *world) (func(), func(bool)) {
		kept := w.event(w.b, "kept", false, false)
		op := func() {
			var x, y, z Event
			long := "a name that is long enough to need more than one chunk of the table of names, and a bit"
			w.a.Create(&x.Object, spec("new"))
			w.a.Create(&y.Object, spec(long))
			w.a.Open(&z.Object, 1, "kept")
			x.Close()
			z.Close()
			y.Close()
		}
		return op, func(bool) {
			var x Event
			if err := w.b.Open(&x.Object, 1, "new"); err == nil {
				w.t.Fatal("the dead one's object is still there")
			}
			if err := w.b.Create(&x.Object, spec("new")); err != nil || x.Existed() {
				w.t.Fatal(err)
			}
			if err := kept.Set(); err != nil {
				w.t.Fatal(err)
			}
		}
	}},
	{"set a timer that somebody waits for", func(w *world) (func(), func(bool)) {
		x, xb, xc := w.timer(w.a, "t"), w.timer(w.b, "t"), w.timer(w.c, "t")
		b := w.block("c", false, &xc.Object)
		return func() { x.Set(0, time.Hour) }, func(bool) {
			if b.isQueued() {
				xb.Set(0, 0)
			}
			w.until("the timer fires", b.isDone)
		}
	}},
	{"signal and wait", func(w *world) (func(), func(bool)) {
		m, e := w.mutex(w.a, "m", true), w.event(w.a, "e", false, true)
		mc := w.mutex(w.c, "m", false)
		b := w.block("c", false, &mc.Object)
		return func() { SignalAndWait(background, nil, &m.Object, &e.Object) }, func(bool) {
			w.until("c has it", b.isDone)
			mc.Unlock()
		}
	}},
	{"leave the namespace", func(w *world) (func(), func(bool)) {
		w.mutex(w.a, "m", true)
		w.semaphore(w.a, "s", 3, true)
		mc := w.mutex(w.c, "m", false)
		b := w.block("c", false, &mc.Object)
		return func() { w.a.leaveHandles() }, func(bool) {
			w.until("c has it", b.isDone)
			mc.Unlock()
		}
	}},
	{"reap a dead owner", func(w *world) (func(), func(bool)) {
		d := w.attach()
		w.mutex(d, "m", true)
		w.event(d, "only the dead one's", false, true)
		mc := w.mutex(w.c, "m", false)
		b := w.block("c", false, &mc.Object)
		w.quietly(d)
		return func() { w.a.reap(d.slotIndex) }, func(bool) {
			w.tell(d)
			w.until("c has it", b.isDone)
			mc.Unlock()
			w.reaped(d)
		}
	}},
}

// leftTo unlocks a mutex, which n is told to fetch and cannot, and locks it again:
// whoever unlocks it now leaves it to n.
func (w *world) leftTo(n *Namespace, m *Mutex) {
	w.t.Helper()
	w.hold(n)
	m.Unlock()
	if ok, _, err := m.TryLock(); !ok || err != nil {
		w.t.Fatalf("to lock a free mutex: %v, %v", ok, err)
	}
	if s := m.n.object(m.index).state.load(); s&wokenBit == 0 {
		w.t.Fatalf("nobody is on the way: %#x", s)
	}
}

// leaveHandles closes all handles of a process, as when it leaves.
func (n *Namespace) leaveHandles() {
	n.mu.Lock()
	var handles []*Object
	for o := range n.handles {
		handles = append(handles, o)
	}
	n.mu.Unlock()
	for _, o := range handles {
		o.Close()
	}
}

// TestDeathAtEveryStep runs every scenario once for each step of it.
func TestDeathAtEveryStep(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			for k := 1; ; k++ {
				if !dieAt(t, s, k) {
					t.Logf("died at each of %d steps", k-1)
					return
				}
			}
		})
	}
}

// dieAt runs a scenario in which a dies before step k. It reports whether the
// operation has so many.
func dieAt(t *testing.T, s scenario, k int) (dead bool) {
	runtime.LockOSThread() // steps and holders go by the thread
	defer runtime.UnlockOSThread()
	w := newWorld(t)
	defer w.close()
	defer func() {
		if t.Failed() {
			t.Logf("at step %d", k)
		}
	}()
	op, after := s.prepare(w)
	dead = counter.runUntil(k, op)
	if dead {
		w.kill(w.a)
		w.reaped(w.a)
		w.slowly()
	}
	w.check(w.b)
	after(dead)
	w.check(w.b)
	return dead
}

// TestRecoveryDies kills the one who recovers from a death, too, at each of
// its steps.
func TestRecoveryDies(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			rounds := 0
			for k := 1; ; k += 7 {
				for j := 1; ; j += 11 {
					dead, again := dieTwice(t, s, k, j)
					rounds++
					if !dead {
						t.Logf("%d pairs of deaths", rounds)
						return
					}
					if !again {
						break
					}
				}
			}
		})
	}
}

// dieTwice lets a die at step k of its operation, then another process at step
// j of clearing up after it.
func dieTwice(t *testing.T, s scenario, k, j int) (dead, again bool) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w := newWorld(t)
	defer w.close()
	defer func() {
		if t.Failed() {
			t.Logf("at steps %d and %d", k, j)
		}
	}()
	op, after := s.prepare(w)
	d := w.attach()
	if dead = counter.runUntil(k, op); !dead {
		return false, false
	}
	// Only d is told, so that it is d who clears up.
	slot := w.a.slotIndex
	w.quietly(w.a)
	again = counter.runUntil(j, func() { d.reap(slot) })
	w.tell(w.a)
	if again {
		w.kill(d)
		w.reaped(d)
	}
	w.reaped(w.a)
	w.slowly()
	w.check(w.b)
	after(true)
	w.check(w.b)
	return true, again
}
