//go:build ipcseam

package shm

import (
	"context"
	"errors"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// mailslot makes process n the reader of a small mailslot.
func (w *world) mailslot(n *Namespace, name string) *Mailslot {
	w.t.Helper()
	m := &Mailslot{}
	if err := n.CreateMailslot(m, &backend.MailslotSpec{Name: name, Queue: minRing}); err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) writer(n *Namespace, name string) *MailslotWriter {
	w.t.Helper()
	s := &MailslotWriter{}
	if err := n.OpenMailslot(s, name); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// put sends what must arrive.
func (w *world) put(s *MailslotWriter, text string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(background, 10*time.Second)
	defer cancel()
	if err := s.Put(ctx, []byte(text)); err != nil {
		w.t.Fatalf("put %.10q: %v", text, err)
	}
}

// got reads everything that is there.
func (w *world) got(m *Mailslot) (list []string) {
	w.t.Helper()
	for {
		message, err := m.TryGet()
		switch {
		case err == backend.ErrMailslotEmpty:
			return list
		case err != nil:
			w.t.Fatal(err)
		}
		list = append(list, string(message))
	}
}

// receives makes sure that m has the messages in this order, the uncertain one,
// which the dead may have sent, among them or not.
func (w *world) receives(m *Mailslot, died bool, uncertain string, want ...string) {
	w.t.Helper()
	got := w.got(m)
	for _, x := range got {
		if len(want) > 0 && x == want[0] {
			want = want[1:]
		} else if x == uncertain {
			uncertain = "?"
		} else {
			w.t.Fatalf("%.20q of %d messages is not expected", x, len(got))
		}
	}
	if len(want) > 0 || !died && uncertain != "?" {
		w.t.Fatalf("missing of %d messages: %.20q", len(got), want)
	}
}

// fill leaves no room.
func (w *world) fill(s *MailslotWriter) { w.put(s, string(make([]byte, minRing-wordSize))) }

// A blockedRead is a blocked read.
type blockedRead struct {
	message string
	err     error
	done    chan struct{}
}

func (w *world) read(m *Mailslot) *blockedRead {
	w.t.Helper()
	r := &blockedRead{done: make(chan struct{})}
	before := len(m.n.blockedNow())
	go func() {
		defer close(r.done)
		message, err := m.Get(background)
		r.message, r.err = string(message), err
	}()
	w.until("a read is blocked", func() bool { return len(m.n.blockedNow()) > before })
	return r
}

func (r *blockedRead) isDone() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func init() { scenarios = append(scenarios, mailslotScenarios...) }

var mailslotScenarios = []scenario{
	{"put a message that somebody waits for", func(w *world) (func(), func(bool)) {
		m := w.mailslot(w.c, "slot")
		a, b := w.writer(w.a, "slot"), w.writer(w.b, "slot")
		r := w.read(m)
		return func() { a.Put(background, []byte("a")) }, func(died bool) {
			// What was sent must be received, without anybody's help.
			if m.view.messages() == 0 && !r.isDone() {
				w.put(b, "b")
			}
			w.until("the message is received", r.isDone)
			if r.err != nil || r.message != "a" && (!died || r.message != "b") {
				w.t.Fatalf("%q, %v", r.message, r.err)
			}
		}
	}},
	{"put a message to a queue", func(w *world) (func(), func(bool)) {
		m := w.mailslot(w.c, "slot")
		a, b := w.writer(w.a, "slot"), w.writer(w.b, "slot")
		w.put(a, "first")
		return func() { a.Put(background, []byte("uncertain")) }, func(died bool) {
			w.put(b, "last")
			w.receives(m, died, "uncertain", "first", "last")
		}
	}},
	{"wait for room", func(w *world) (func(), func(bool)) {
		m := w.mailslot(w.c, "slot")
		a, b := w.writer(w.a, "slot"), w.writer(w.b, "slot")
		w.fill(a)
		op := func() {
			ctx, cancel := context.WithTimeout(background, time.Millisecond)
			defer cancel()
			a.Put(ctx, []byte("never"))
		}
		return op, func(bool) {
			if err := b.TryPut([]byte("no")); !errors.Is(err, backend.ErrMailslotFull) {
				w.t.Fatal(err)
			}
			if got := w.got(m); len(got) != 1 {
				w.t.Fatalf("%d messages", len(got))
			}
			w.put(b, "b")
			w.receives(m, true, "", "b")
		}
	}},
	{"read a message that makes room for somebody", func(w *world) (func(), func(bool)) {
		m := w.mailslot(w.a, "slot")
		b := w.writer(w.b, "slot")
		w.fill(b)
		sent := make(chan error, 1)
		go func() { sent <- b.Put(background, []byte("b")) }()
		w.until("a write is blocked", func() bool { return len(w.b.blockedNow()) > 0 })
		return func() { m.TryGet() }, func(died bool) {
			var err error
			w.until("the write ends", func() bool {
				select {
				case err = <-sent:
					return true
				default:
					return false
				}
			})
			if err != nil && !(died && errors.Is(err, backend.ErrNotExist)) {
				w.t.Fatal(err)
			}
		}
	}},
	{"create, use and close a mailslot", func(w *world) (func(), func(bool)) {
		op := func() {
			var m Mailslot
			if w.a.CreateMailslot(&m, &backend.MailslotSpec{Name: "slot", Queue: minRing}) == nil {
				m.TryGet()
				m.Close()
			}
		}
		return op, func(bool) {
			m := w.mailslot(w.b, "SLOT")
			s := w.writer(w.c, "slot")
			w.put(s, "c")
			w.receives(m, true, "", "c")
		}
	}},
	{"close a mailslot with a writer", func(w *world) (func(), func(bool)) {
		m := w.mailslot(w.a, "slot")
		b := w.writer(w.b, "slot")
		w.put(b, "lost")
		return func() { m.Close() }, func(bool) {
			if err := b.TryPut(nil); !errors.Is(err, backend.ErrNotExist) {
				w.t.Fatal(err)
			}
			again := w.mailslot(w.c, "slot")
			s := w.writer(w.b, "slot")
			w.put(s, "b")
			w.receives(again, true, "", "b")
		}
	}},
	{"open and close a writer", func(w *world) (func(), func(bool)) {
		m := w.mailslot(w.c, "slot")
		op := func() {
			var s MailslotWriter
			if w.a.OpenMailslot(&s, "slot") == nil {
				s.Put(background, []byte("uncertain"))
				s.Close()
			}
		}
		return op, func(died bool) {
			w.put(w.writer(w.b, "slot"), "b")
			w.receives(m, died, "uncertain", "b")
		}
	}},
	{"wait for all of a mailslot and an event", func(w *world) (func(), func(bool)) {
		m := w.mailslot(w.c, "slot")
		e, eb := w.event(w.c, "e", false, false), w.event(w.b, "e", false, false)
		a, b := w.writer(w.a, "slot"), w.writer(w.b, "slot")
		x := w.block("c", true, &m.Object, &e.Object)
		return func() { a.Put(background, []byte("a")) }, func(bool) {
			if m.view.messages() == 0 {
				w.put(b, "b")
			}
			eb.Set()
			w.until("both are there", x.isDone)
			if x.err != nil || len(w.got(m)) != 1 {
				w.t.Fatal(x.err)
			}
		}
	}},
	{"reap a dead reader", func(w *world) (func(), func(bool)) {
		d := w.attach()
		w.mailslot(d, "slot")
		b := w.writer(w.b, "slot")
		w.put(b, "lost")
		w.quietly(d)
		return func() { w.a.reap(d.slotIndex) }, func(bool) {
			w.tell(d)
			w.reaped(d)
			if err := b.TryPut(nil); !errors.Is(err, backend.ErrNotExist) {
				w.t.Fatal(err)
			}
			w.mailslot(w.c, "slot")
		}
	}},
}
