//go:build ipcseam

package shm

import (
	"fmt"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A late lock is one of a process that leaves, or has left. What becomes of it if that
// process dies before it has given it up is in explore_late_test.go.

// lateLocks are where the slot of such a process may be.
var lateLocks = []struct {
	name  string
	leave func(n *Namespace)
}{
	{"leaving", func(n *Namespace) { n.self.left.store(1) }},
	{"left", func(n *Namespace) { n.depart() }},
}

// TestLateLockIsAbandoned: whoever looks at a mutex that was locked late, in whatever
// way, finds an abandoned one.
func TestLateLockIsAbandoned(t *testing.T) {
	set := func(w *world) *Object { return &w.event(w.b, "", true, true).Object }
	for _, c := range []struct {
		name string
		take func(w *world, m *Mutex) (wasAbandoned bool, err error)
	}{
		{"TryLock", func(_ *world, m *Mutex) (bool, error) {
			locked, wasAbandoned, err := m.TryLock()
			return locked && wasAbandoned, err
		}},
		{"Lock", func(_ *world, m *Mutex) (bool, error) { return m.Lock(background) }},
		{"wait for any", func(w *world, m *Mutex) (bool, error) {
			result, err := Wait(background, nil, false, []*Object{&w.event(w.b, "", true, false).Object, &m.Object})
			return result.Abandoned == 1<<1, err
		}},
		{"wait for all", func(w *world, m *Mutex) (bool, error) {
			result, err := Wait(background, nil, true, []*Object{set(w), &m.Object})
			return result.Abandoned == 1<<1, err
		}},
		{"SignalAndWait", func(w *world, m *Mutex) (bool, error) {
			result, err := SignalAndWait(background, nil, set(w), &m.Object)
			return result.Abandoned == 1, err
		}},
		{"Info", func(_ *world, m *Mutex) (bool, error) {
			info, err := m.Info()
			return info.Signaled && info.Abandoned && info.Owner == nil, err
		}},
	} {
		for _, late := range lateLocks {
			t.Run(c.name+" "+late.name, func(t *testing.T) {
				w := newWorld(t)
				defer w.close()
				m := w.mutex(w.b, "m", false)
				lock := w.mutex(w.c, "m", false)
				late.leave(w.c)
				if !lock.word.cas(lock.free, lock.owned) {
					t.Fatal("the mutex is not free")
				}
				if wasAbandoned, err := c.take(w, m); err != nil || !wasAbandoned {
					t.Error(wasAbandoned, err)
				}
			})
		}
	}
}

// TestLookPastLeaver: a process leaves, and before it has abandoned a mutex that it
// owns, another takes that for abandoned, looks at it and has no use for it. Who waits
// for it gets it all the same.
func TestLookPastLeaver(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(w *world, m, unset *Object) (look func())
	}{
		{"a try of all", func(w *world, m, unset *Object) func() {
			return func() { Wait(ended, nil, true, []*Object{m, unset}) }
		}},
		{"a wait for all", func(w *world, m, unset *Object) func() {
			return func() { w.block("all", true, m, unset) }
		}},
		{"settling another object", func(w *world, m, unset *Object) func() {
			e := w.event(w.a, "", true, false)
			w.block("all", true, &e.Object, m, unset)
			return func() { e.Set() }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.mutex(w.c, "m", true)
			first := w.block("b", false, &w.mutex(w.b, "m", false).Object)
			look := c.prepare(w, &w.mutex(w.a, "m", false).Object, &w.event(w.a, "", true, false).Object)
			w.c.self.left.store(1)
			look()
			if err := w.c.reapSlot(w.c.slotIndex, w.c.generation); err != nil {
				t.Fatal(err)
			}
			w.until("b has it", first.isDone)
			if first.err != nil || first.result.Abandoned != 1 {
				t.Error(first.result, first.err)
			}
		})
	}
}

// TestInfoOfLockedMutex: a mutex of a process that stays is that one's.
func TestInfoOfLockedMutex(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	w.mutex(w.b, "m", true)
	info, err := w.mutex(w.c, "m", false).Info()
	if err != nil || info.Signaled || info.Abandoned || info.Owner == nil || info.Owner.Dead {
		t.Error(fmt.Sprintf("%+v", info), err)
	}
}

// TestUntoldMessageOfLeaver: a process leaves, and has not been able to tell the reader
// of its last message, so that it still has the gate. Another gets that before it is
// given up, and sends nothing. The reader is told all the same.
func TestUntoldMessageOfLeaver(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	m := w.mailslot(w.b, "slot")
	leaver, other := w.writer(w.a, "slot"), w.writer(w.c, "slot")
	r := w.read(m)
	if !leaver.gate.LockFast() {
		t.Fatal("the gate is not free")
	}
	message := make([]byte, minRing-wordSize)
	tail, ok, err := leaver.view.place(minRing)
	if !ok {
		t.Fatal("the mailslot is full", err)
	}
	leaver.view.write(tail, message)

	w.a.self.left.store(1)
	if err := other.TryPut(nil); err != backend.ErrMailslotFull {
		t.Fatal(err)
	}
	if err := w.a.reapSlot(w.a.slotIndex, w.a.generation); err != nil {
		t.Fatal(err)
	}
	w.until("the message is received", r.isDone)
	if len(r.message) != len(message) {
		t.Errorf("%d bytes, %v", len(r.message), r.err)
	}
}

// TestGiveUpBesideStuckLock: a lock through a handle that was closed meanwhile is given
// up even if somebody who does not move holds the namespace up.
func TestGiveUpBesideStuckLock(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	m, other := w.mutex(w.a, "m", false), w.mutex(w.b, "m", false)
	m.Close()
	if !m.word.cas(m.free, m.owned) {
		t.Fatal("the mutex is not free")
	}
	w.a.patience = time.Millisecond
	if err := w.c.locked(func() error { m.giveUp(true); return nil }); err != nil {
		t.Fatal(err)
	}
	w.until("the mutex is free", func() bool {
		locked, wasAbandoned, err := other.TryLock()
		return locked && wasAbandoned && err == nil
	})
}
