//go:build linux && !ipcseam

package shm

import (
	"context"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// An operation is one thing to do with a damaged namespace. What it achieves
// does not matter: it must come back, with a documented error if with any.
type operation struct {
	name string
	do   func(s *stage, h *hand) error
}

var operations = []operation{
	{"set", func(_ *stage, h *hand) error { return h.auto.Set() }},
	{"reset", func(_ *stage, h *hand) error { return h.manual.Reset() }},
	{"set for many", func(_ *stage, h *hand) error { return h.manual.Set() }},
	{"pulse", func(_ *stage, h *hand) error { return h.auto.Pulse() }},
	{"is set", func(_ *stage, h *hand) error { return fails(h.long.IsSet()) }},
	{"try", func(_ *stage, h *hand) error { return fails(h.auto.TryWait()) }},
	{"try lock", func(_ *stage, h *hand) error {
		_, _, err := h.mutex.TryLock()
		return err
	}},
	{"unlock", func(_ *stage, h *hand) error { return h.mutex.Unlock() }},
	{"acquire", func(_ *stage, h *hand) error { return fails(h.sem.TryAcquire()) }},
	{"release", func(_ *stage, h *hand) error { return fails(h.sem.Release(1)) }},
	{"set timer", func(_ *stage, h *hand) error { return h.timer.Set(0, time.Hour) }},
	{"cancel timer", func(_ *stage, h *hand) error { return h.timer.Cancel() }},
	{"wait for any", func(_ *stage, h *hand) error { return h.await(nil, false) }},
	{"wait for all", func(_ *stage, h *hand) error { return h.await(nil, true) }},
	{"wait with an owner", func(_ *stage, h *hand) error {
		var w Owner
		err := h.await(&w, false, &h.mutex.Object)
		return either(err, w.Close())
	}},
	{"signal and wait", func(_ *stage, h *hand) error {
		return fails(SignalAndWait(ended, nil, &h.auto.Object, &h.sem.Object))
	}},
	{"create and close", func(_ *stage, h *hand) error {
		var e Event
		return either(h.n.Create(&e.Object, backend.Spec{Kind: backend.Event, Name: "new"}), closeIfOpen(&e.Object))
	}},
	{"open and close", func(_ *stage, h *hand) error {
		var m Mutex
		return either(h.n.Open(&m.Object, backend.Mutex, "mutex"), closeIfOpen(&m.Object))
	}},
	{"inspect", func(_ *stage, h *hand) error { return fails(h.mutex.Info()) }},
	{"list", func(_ *stage, h *hand) error { return fails(h.n.Objects()) }},
	{"remove", func(_ *stage, h *hand) error { return h.n.Remove(longName) }},
	{"close a handle", func(_ *stage, h *hand) error { return h.manual.Close() }},
	{"close a handle that is waited through", func(_ *stage, h *hand) error { return h.auto.Close() }},
	{"put", func(_ *stage, h *hand) error { return h.out.TryPut([]byte("a message of some bytes")) }},
	{"put and wait", func(_ *stage, h *hand) error {
		ctx, cancel := briefly()
		defer cancel()
		return h.out.Put(ctx, nil)
	}},
	{"get", func(_ *stage, h *hand) error { return fails(h.slot.TryGet()) }},
	{"get into", func(_ *stage, h *hand) error { return fails(h.slot.TryGetInto(make([]byte, 4))) }},
	{"get and wait", func(_ *stage, h *hand) error {
		ctx, cancel := briefly()
		defer cancel()
		return fails(h.slot.Get(ctx))
	}},
	{"wait for a mailslot and more", func(_ *stage, h *hand) error {
		return h.await(nil, false, &h.slot.Object, &h.mutex.Object, &h.timer.Object)
	}},
	{"count messages", func(_ *stage, h *hand) error { return fails(h.slot.Len()) }},
	{"inspect a mailslot", func(_ *stage, h *hand) error { return either(fails(h.slot.Info()), fails(h.out.Info())) }},
	{"create and close a mailslot", func(_ *stage, h *hand) error {
		var m Mailslot
		return either(h.n.CreateMailslot(&m, &backend.MailslotSpec{Name: "new", Queue: minRing}), m.Close())
	}},
	{"open and close a writer", func(s *stage, h *hand) error {
		var w MailslotWriter
		return either(h.n.OpenMailslot(&w, slotNames[2]), w.Close())
	}},
	{"close a writer", func(_ *stage, h *hand) error { return h.out.Close() }},
	{"close a mailslot", func(_ *stage, h *hand) error { return h.slot.Close() }},
	{"declare d dead", func(s *stage, h *hand) error {
		s.d.self.alive.store(waitersBit | diedBit)
		h.n.reapDead()
		return nil
	}},
	{"join and leave", func(s *stage, h *hand) error {
		sys, err := openFenced(s.dir)
		if err != nil {
			return err
		}
		n, err := Attach(sys.mem, sys)
		if err != nil {
			sys.Close()
			return err
		}
		n.hurry()
		return n.Close()
	}},
}

// await waits for a moment, for three objects unless others are given.
func (h *hand) await(w *Owner, all bool, objects ...*Object) error {
	ctx, cancel := briefly()
	defer cancel()
	if objects == nil {
		objects = []*Object{&h.auto.Object, &h.sem.Object, &h.timer.Object}
	}
	return fails(Wait(ctx, w, all, objects))
}

func briefly() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 50*time.Microsecond)
}

func closeIfOpen(o *Object) error {
	if o.n == nil {
		return nil
	}
	return o.Close()
}

func fails[T any](_ T, err error) error { return err }

func either(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
