//go:build ipcseam

package shm

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"weak"
)

// The barriers of a process of a world: the slow ones are counted, and not done,
// since no thread of the dead runs on here. They are no reason to keep the process.
type barriers struct {
	System
	*notes
	young bool // it is never fenced
	n     atomic.Pointer[weak.Pointer[Namespace]]
}

// notes are what the processes of a world share beside the segment.
type notes struct {
	slow   atomic.Int32 // barriers
	asleep atomic.Int32 // watchers
	dozing sync.RWMutex // see doze

	// What happens meanwhile; nil: nothing.
	besideQuick, besideSlow func()

	ended  func(pid int) bool // nil: the kernel is asked, who knows only of this process
	spaces func() uint64      // nil: as the kernel says
}

func (b *barriers) WhenFenced(f func()) {
	if !b.young {
		f()
	}
}

func (b *barriers) Ended(pid int, within time.Duration) bool {
	b.holdsNothing()
	if b.ended == nil {
		return b.System.Ended(pid, within)
	}
	return b.ended(pid)
}

func (b *barriers) PIDSpace() uint64 {
	if b.spaces == nil {
		return b.System.PIDSpace()
	}
	return b.spaces()
}

func (b *barriers) SlowBarrier() {
	b.holdsNothing()
	b.slow.Add(1)
	if b.besideSlow != nil {
		b.besideSlow()
	}
}

// holdsNothing makes sure that the others of the process do not wait for a mutex meanwhile.
func (b *barriers) holdsNothing() {
	thread := int64(syscall.Gettid())
	// What is counted has its thread for itself, so that it is this very caller.
	if n := b.n.Load(); n != nil && counter.thread.Load() == thread && n.Value().mu.mu.thread.Load() == thread {
		panic("slow, while the others of the process wait for a mutex")
	}
}

func (b *barriers) Barrier() {
	b.System.Barrier()
	if b.besideQuick != nil {
		b.besideQuick()
	}
}

// slowly makes sure that one who was not fenced was not cleared up after without a
// slow barrier.
func (w *world) slowly() {
	w.t.Helper()
	if w.notes.slow.Load() == 0 {
		w.t.Fatal("reaped without a slow barrier")
	}
}

// SleepAny does not come back while the watchers doze.
func (b *barriers) SleepAny(words []*uint32, values []uint32) {
	b.asleep.Add(1)
	b.System.SleepAny(words, values)
	b.dozing.RLock()
	b.asleep.Add(-1)
	b.dozing.RUnlock()
}

// doze keeps the watchers from noticing anything until awake is called.
func (w *world) doze() (awake func()) {
	w.notes.dozing.Lock()
	w.until("all watchers sleep", func() bool { return int(w.notes.asleep.Load()) == w.watchers() })
	return w.notes.dozing.Unlock
}

// watchers is how many there are.
func (w *world) watchers() (count int) {
	for _, n := range slices.Concat(w.all, w.dead) {
		select {
		case <-n.left:
		default:
			count++
		}
	}
	return count
}

// TestSlowBarriers: one for all who died before they were fenced, and none else.
func TestSlowBarriers(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(w *world) []*Namespace
		locked  bool // the last of these dies with the namespace's lock
		clear   func(b *Namespace, dead []*Namespace)
		slow    int32
	}{
		{"fenced", func(w *world) []*Namespace { return list(w.attach(), w.attach()) }, false, reapEach, 0},
		{"not fenced", func(w *world) []*Namespace { return list(w.attachYoung()) }, false, reapEach, 1},
		{"some", func(w *world) []*Namespace { return list(w.attachYoung(), w.attach(), w.attachYoung()) }, false, reapEach, 1},
		{"some, in one pass", func(w *world) []*Namespace { return list(w.attachYoung(), w.attach(), w.attachYoung()) }, false, reapAll, 1},
		{"after one that was", func(w *world) []*Namespace { return list(w.heir(w.attach(), w.attachYoung)) }, false, reapEach, 1},
		{"after one that was not", func(w *world) []*Namespace { return list(w.heir(w.attachYoung(), w.attach)) }, false, reapEach, 0},
		{"after one that says so late", func(w *world) []*Namespace {
			before := w.attachYoung()
			d := w.heir(before, w.attachYoung)
			before.fence()
			return list(d)
		}, false, reapEach, 1},
		{"with the lock", func(w *world) []*Namespace { return list(w.attachYoung()) }, true, lockFirst, 1},
		{"fenced, with the lock", func(w *world) []*Namespace { return list(w.attach()) }, true, lockFirst, 0},
		{"with the lock that its reaper needs", func(w *world) []*Namespace { return list(w.attach(), w.attachYoung()) }, true, reapEach, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			runtime.LockOSThread() // holders go by the thread
			defer runtime.UnlockOSThread()
			w := newWorld(t)
			defer w.close()
			dead := c.prepare(w)
			awake := w.doze()
			defer awake()
			if c.locked {
				w.lockFor(dead[len(dead)-1])
			}
			for _, d := range dead {
				w.quietly(d)
			}
			c.clear(w.b, dead)
			if got := w.notes.slow.Load(); got != c.slow {
				t.Errorf("%d slow barriers, want %d", got, c.slow)
			}
			for _, d := range dead {
				w.reaped(d)
			}
			w.check(w.b)
		})
	}
}

func list(processes ...*Namespace) []*Namespace { return processes }

func reapEach(b *Namespace, dead []*Namespace) {
	for _, d := range dead {
		b.reap(d.slotIndex)
	}
}

func reapAll(b *Namespace, _ []*Namespace) { b.reapDead() }

// lockFirst takes the lock before it clears up.
func lockFirst(b *Namespace, dead []*Namespace) {
	b.locked(func() error { return nil })
	reapEach(b, dead)
}

// lockFor takes the namespace's lock and lets the process keep it.
func (w *world) lockFor(d *Namespace) {
	w.t.Helper()
	d.mu.Lock()
	if _, err := d.lock(); err != nil {
		w.t.Fatal(err)
	}
}

// heir attaches in the slot that a process leaves, or had.
func (w *world) heir(before *Namespace, attach func() *Namespace) *Namespace {
	w.t.Helper()
	if before.self.alive.load() != 0 {
		if err := before.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	d := attach()
	if d.slotIndex != before.slotIndex {
		w.t.Fatalf("it has slot %d, not %d", d.slotIndex, before.slotIndex)
	}
	return d
}

// TestLateMark: a slot is freed, and another process takes it, while somebody waits
// for a slow barrier, or for the end of a process, on behalf of the one before. That
// does not do for the next one.
func TestLateMark(t *testing.T) {
	for _, c := range []struct {
		name   string
		beside func(*notes, func())
	}{
		{"a slow barrier", func(n *notes, f func()) {
			n.besideSlow = func() { n.besideSlow = nil; f() }
		}},
		{"an end", func(n *notes, f func()) {
			n.ended = func(int) bool { n.ended = nil; f(); return true }
		}},
	} {
		t.Run(c.name, func(t *testing.T) { markLate(t, c.beside) })
	}
}

// markLate lets somebody mark a slot late: f is to be called before he does.
func markLate(t *testing.T, beside func(n *notes, f func())) {
	w := newWorld(t)
	defer w.close()
	w.notes.spaces = func() uint64 { return 1 }
	d := w.attachYoung()
	defer w.doze()()
	w.quietly(d)
	seen := d.self.fenced.load()
	var next *Namespace
	beside(w.notes, func() {
		w.c.reap(d.slotIndex)
		next = w.heir(d, w.attachYoung)
		next.self.fenced.store(seen) // what the late one believes to replace
	})
	w.b.reap(d.slotIndex)
	if next == nil {
		t.Fatal("nobody was late")
	}
	if got := next.self.fenced.load(); got != fencedMark(d.generation) {
		t.Fatalf("the mark of the one before is not there: %#x", got)
	}
	w.quietly(next)
	w.notes.slow.Store(0)
	w.b.reap(next.slotIndex)
	w.slowly()
	w.reaped(next)
	w.check(w.b)
}

// TestDeadSlots: however many slots damage makes look dead, one pass over them calls
// for one slow barrier, even if their marks are overwritten all the time.
func TestDeadSlots(t *testing.T) {
	for _, c := range []struct {
		name  string
		noisy bool
	}{{"at rest", false}, {"noisy", true}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			defer w.doze()()
			var damaged []*slotRecord
			for i := w.c.slotIndex + 1; i < w.b.slotLimit(); i++ {
				r := w.b.slotAt(i)
				r.alive.store(waitersBit | diedBit)
				damaged = append(damaged, r)
			}
			if c.noisy {
				w.notes.besideQuick = func() {
					for _, r := range damaged {
						r.fenced.store(7)
					}
				}
			}
			w.b.reapDead()
			if got := w.notes.slow.Load(); got != 1 {
				t.Errorf("%d slow barriers for %d slots", got, len(damaged))
			}
			w.notes.besideQuick = nil
			w.b.reapDead()
			w.check(w.b)
		})
	}
}
