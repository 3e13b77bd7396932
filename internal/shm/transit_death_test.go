//go:build ipcseam

package shm

import (
	"errors"

	"github.com/winsys-go/ipc/internal/backend"
)

func init() { scenarios = append(scenarios, transitScenarios...) }

// send makes a handle of o for somebody else.
func (w *world) send(o *Object) Transit {
	w.t.Helper()
	t, err := o.Send()
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

var transitScenarios = []scenario{
	{"hand an event over", func(w *world) (func(), func(bool)) {
		e := w.event(w.a, "", false, false)
		var t Transit
		op := func() {
			t, _ = e.Send()
			e.Close()
		}
		return op, func(died bool) {
			var got Event
			if err := w.b.Receive(&got.Object, t); died != errors.Is(err, backend.ErrNotExist) {
				w.t.Fatal(err)
			}
			if err := w.c.Receive(new(Object), t); !errors.Is(err, backend.ErrNotExist) {
				w.t.Fatalf("received twice: %v", err)
			}
			if err := got.Set(); !died && err != nil {
				w.t.Fatal(err)
			}
		}
	}},
	{"receive a semaphore", func(w *world) (func(), func(bool)) {
		s := w.semaphore(w.b, "", 0, false)
		t := w.send(&s.Object)
		op := func() {
			var got Semaphore
			w.a.Receive(&got.Object, t)
			got.Release(1)
		}
		return op, func(died bool) {
			var got Semaphore
			err := w.c.Receive(&got.Object, t)
			if err != nil && !errors.Is(err, backend.ErrNotExist) || err == nil && !died {
				w.t.Fatal(err)
			}
			s.Release(1)
			if ok, err := s.TryAcquire(); !ok || err != nil {
				w.t.Fatal(ok, err)
			}
		}
	}},
	{"recall a mutex", func(w *world) (func(), func(bool)) {
		m := w.mutex(w.a, "m", true)
		mb := w.mutex(w.b, "m", false)
		t := w.send(&m.Object)
		return func() { w.a.Recall(t) }, func(died bool) {
			if err := w.c.Receive(new(Object), t); !errors.Is(err, backend.ErrNotExist) {
				w.t.Fatal(err)
			}
			if ok, abandoned, err := mb.TryLock(); ok != died || abandoned != died || err != nil {
				w.t.Fatal(ok, abandoned, err)
			}
		}
	}},
}
