//go:build linux || windows

package ipc_test

import (
	"runtime"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// TestMailslotCloseEndsCalls: what blocks ends with ErrClosed, and so does what
// comes later. Closing again does nothing.
func TestMailslotCloseEndsCalls(t *testing.T) {
	calls := map[string]func(*slotScene, *ipc.Mailslot) error{
		"Get":     func(s *slotScene, m *ipc.Mailslot) error { _, err := m.Get(s.within()); return err },
		"GetInto": func(s *slotScene, m *ipc.Mailslot) error { _, err := m.GetInto(s.within(), nil); return err },
		"Wait":    func(s *slotScene, m *ipc.Mailslot) error { return m.Wait(s.within()) },
		"WaitAny": func(s *slotScene, m *ipc.Mailslot) error {
			_, err := ipc.WaitAny(s.within(), must(s.readers.CreateEvent("", nil)), m)
			return err
		},
	}
	ways := map[string]func(*slotScene, *ipc.Mailslot) error{
		"handle":    func(_ *slotScene, m *ipc.Mailslot) error { return m.Close() },
		"namespace": func(s *slotScene, _ *ipc.Mailslot) error { return s.readers.Close() },
	}
	for name, call := range calls {
		for what, end := range ways {
			t.Run(name+" and "+what, func(t *testing.T) {
				s := newSlotScene(t)
				m := s.create(nil)
				done := make(chan error, 1)
				go func() { done <- call(s, m) }()
				s.blocked(m, 1)
				s.ok(end(s, m))
				s.fails(<-done, ipc.ErrClosed)
				s.fails(m.Wait(s.within()), ipc.ErrClosed)
				s.ok(m.Close())
				s.ok(s.writersCreate().Close())
			})
		}
	}
}

// writersCreate makes a mailslot where the old one was.
func (s *slotScene) writersCreate() *ipc.Mailslot {
	s.Helper()
	m, err := s.writers.CreateMailslot(slotName, nil)
	s.ok(err)
	return m
}

// slotUses are all that a reader can be asked.
var slotUses = map[string]func(*slotScene, *ipc.Mailslot) error{
	"Get":        func(s *slotScene, m *ipc.Mailslot) error { _, err := m.Get(s.within()); return err },
	"TryGet":     func(s *slotScene, m *ipc.Mailslot) error { _, err := m.TryGet(); return err },
	"GetInto":    func(s *slotScene, m *ipc.Mailslot) error { _, err := m.GetInto(s.within(), nil); return err },
	"TryGetInto": func(s *slotScene, m *ipc.Mailslot) error { _, err := m.TryGetInto(nil); return err },
	"Wait":       func(s *slotScene, m *ipc.Mailslot) error { return m.Wait(s.within()) },
	"SetTimeout": func(s *slotScene, m *ipc.Mailslot) error { return m.SetReadTimeout(-1) },
	"Len":        func(s *slotScene, m *ipc.Mailslot) error { _, err := m.Len(); return err },
	"Info":       func(s *slotScene, m *ipc.Mailslot) error { _, err := m.Info(); return err },
	"WaitAny":    func(s *slotScene, m *ipc.Mailslot) error { _, err := ipc.WaitAny(s.within(), m); return err },
}

// slotWrites are all that a writer can be asked.
var slotWrites = map[string]func(*slotScene, *ipc.MailslotWriter) error{
	"Put":    func(s *slotScene, w *ipc.MailslotWriter) error { return w.Put(s.within(), []byte("a")) },
	"TryPut": func(s *slotScene, w *ipc.MailslotWriter) error { return w.TryPut([]byte("a")) },
	"Info":   func(s *slotScene, w *ipc.MailslotWriter) error { _, err := w.Info(); return err },
}

// TestMailslotUnusable: handles that are closed, never were opened, or are nil.
func TestMailslotUnusable(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	s.ok(w.Close())
	s.ok(m.Close())
	s.ok(w.Close())
	s.ok(m.Close())
	for name, use := range slotUses {
		t.Run(name, func(*testing.T) {
			s.fails(use(s, m), ipc.ErrClosed)
			s.fails(use(s, new(ipc.Mailslot)), ipc.ErrClosed)
			s.fails(use(s, nil), ipc.ErrInvalid)
		})
	}
	for name, use := range slotWrites {
		t.Run("writer "+name, func(*testing.T) {
			s.fails(use(s, w), ipc.ErrClosed)
			s.fails(use(s, new(ipc.MailslotWriter)), ipc.ErrClosed)
			s.fails(use(s, nil), ipc.ErrInvalid)
		})
	}
	var noSlot *ipc.Mailslot
	var noWriter *ipc.MailslotWriter
	var noNamespace *ipc.Namespace
	s.fails(noSlot.Close(), ipc.ErrInvalid)
	s.fails(noWriter.Close(), ipc.ErrInvalid)
	s.fails(noSlot.Put(s.within(), nil), ipc.ErrInvalid)
	_, err := noWriter.Get(s.within())
	s.fails(err, ipc.ErrInvalid)
	if noSlot.Name() != "" || noWriter.Name() != "" {
		t.Error("nil has a name")
	}
	_, err = noNamespace.CreateMailslot("a", nil)
	s.fails(err, ipc.ErrInvalid)
	_, err = noNamespace.OpenMailslot("a")
	s.fails(err, ipc.ErrInvalid)
	s.ok(new(ipc.Mailslot).Close())
	s.ok(new(ipc.MailslotWriter).Close())
}

// TestMailslotOptions: what is out of range is refused, and nothing is made.
func TestMailslotOptions(t *testing.T) {
	s := newSlotScene(t)
	for _, o := range []ipc.MailslotOptions{
		{MaxMessageSize: -1}, {MaxMessageSize: 1<<30 - 7}, {QueueBytes: -1}, {QueueBytes: 1<<30 + 1},
	} {
		_, err := s.readers.CreateMailslot(slotName, &o)
		s.fails(err, ipc.ErrInvalid)
	}
	_, err := s.readers.CreateMailslot(slotName, &ipc.MailslotOptions{Security: "no SDDL"})
	s.fails(err, slotBadSecurity)
	_, err = s.writers.OpenMailslot(slotName)
	s.fails(err, ipc.ErrNotExist)
}

// TestMailslotForgotten: a mailslot that everybody has forgotten without closing
// it does no harm, whatever comes into its memory later.
func TestMailslotForgotten(t *testing.T) {
	const count = 20
	dir := testproc.TempDir(t, slotParent)
	s := &slotScene{T: t, dir: dir}
	s.writers = s.namespace()
	func() {
		n := must(ipc.OpenNamespace(dir, nil))
		for i := range count {
			must(n.CreateMailslot(slotName+string(rune('a'+i)), nil))
		}
	}()
	for range 3 {
		runtime.GC()
	}
	for i := range count {
		w, err := s.writers.OpenMailslot(slotName + string(rune('a'+i)))
		s.ok(err)
		s.put(w, "a", "b")
		s.ok(w.Close())
	}
	runtime.GC()
}

// TestMailslotCloseWhileUsed: readers, writers and Close at once.
func TestMailslotCloseWhileUsed(t *testing.T) {
	s := newSlotScene(t)
	for range 30 {
		m, w := s.pair(nil)
		read, written := make(chan error, 1), make(chan error, 1)
		go func() {
			for {
				if _, err := m.Get(s.within()); err != nil {
					read <- err
					return
				}
			}
		}()
		go func() {
			for {
				if err := w.Put(s.within(), []byte("message")); err != nil {
					written <- err
					return
				}
			}
		}()
		for must(m.Len()) == 0 && must(m.Info()).Waiters == 0 {
		}
		s.ok(w.Close())
		s.fails(<-written, ipc.ErrClosed)
		s.ok(m.Close())
		s.fails(<-read, ipc.ErrClosed)
	}
}
