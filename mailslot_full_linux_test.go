package ipc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// On Windows a mailslot is never full. Here a writer waits for room.

func init() { testproc.Register("mailslot-small-reader", mailslotSmallReader) }

// smallQueue has room for a few kilobytes.
var smallQueue = &ipc.MailslotOptions{QueueBytes: 4096}

// mailslotSmallReader has a mailslot that is soon full, and never reads.
func mailslotSmallReader(c *testproc.Child) {
	must(must(ipc.OpenNamespace(c.Args[0], nil)).CreateMailslot(slotName, smallQueue))
	c.Sayf("created")
	c.Line()
}

// fill writes until there is no more room, and gives the number of messages.
func (s *slotScene) fill(w *ipc.MailslotWriter) (n int) {
	s.Helper()
	for ; ; n++ {
		err := w.TryPut(make([]byte, 100))
		if errors.Is(err, ipc.ErrMailslotFull) {
			return n
		}
		s.ok(err)
	}
}

// putting begins a Put that has no room.
func (s *slotScene) putting(ctx context.Context, w *ipc.MailslotWriter) <-chan error {
	s.Helper()
	done := make(chan error, 1)
	go func() { done <- w.Put(ctx, make([]byte, 100)) }()
	select {
	case err := <-done:
		s.Fatalf("it does not wait for room: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	return done
}

// TestMailslotFull: a writer waits for room, and gets it from the reader.
func TestMailslotFull(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(smallQueue)
	n := s.fill(w)
	if len := must(m.Len()); n == 0 || len != n {
		t.Fatalf("%d messages, of %d", len, n)
	}
	done := s.putting(s.within(), w)
	must(m.TryGet())
	s.ok(<-done)
	for range n {
		must(m.TryGet())
	}
	s.holds(m)
	s.fails(w.Put(s.within(), make([]byte, 5000)), ipc.ErrMessageTooBig)
}

// TestMailslotFullEnds: what ends a Put that waits for room, and that nothing
// was sent then.
func TestMailslotFullEnds(t *testing.T) {
	for name, end := range map[string]struct {
		end  func(*slotScene, *ipc.Mailslot, *ipc.MailslotWriter, context.CancelFunc)
		want error
	}{
		"context": {func(_ *slotScene, _ *ipc.Mailslot, _ *ipc.MailslotWriter, cancel context.CancelFunc) { cancel() }, context.Canceled},
		"writer":  {func(s *slotScene, _ *ipc.Mailslot, w *ipc.MailslotWriter, _ context.CancelFunc) { s.ok(w.Close()) }, ipc.ErrClosed},
		"writers namespace": {func(s *slotScene, _ *ipc.Mailslot, _ *ipc.MailslotWriter, _ context.CancelFunc) {
			s.ok(s.writers.Close())
		}, ipc.ErrClosed},
		"reader": {func(s *slotScene, m *ipc.Mailslot, _ *ipc.MailslotWriter, _ context.CancelFunc) { s.ok(m.Close()) }, ipc.ErrNotExist},
		"readers namespace": {func(s *slotScene, _ *ipc.Mailslot, _ *ipc.MailslotWriter, _ context.CancelFunc) {
			s.ok(s.readers.Close())
		}, ipc.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSlotScene(t)
			m, w := s.pair(smallQueue)
			n := s.fill(w)
			ctx, cancel := context.WithCancel(s.within())
			defer cancel()
			first, second := s.putting(ctx, w), s.putting(ctx, w)
			end.end(s, m, w, cancel)
			s.fails(<-first, end.want)
			s.fails(<-second, end.want)
			if errors.Is(end.want, ipc.ErrNotExist) {
				return
			}
			if len := must(m.Len()); len != n {
				t.Errorf("%d messages, want %d", len, n)
			}
		})
	}
}

// TestMailslotFullReaderKilled: a writer that waits for room hears of the
// reader's death.
func TestMailslotFullReaderKilled(t *testing.T) {
	s := newSlotScene(t)
	p := testproc.Start(t, "mailslot-small-reader", s.dir)
	p.Expect("created")
	w := s.open()
	s.fill(w)
	first, second := s.putting(s.within(), w), s.putting(s.within(), w)
	p.Kill()
	s.fails(<-first, ipc.ErrNotExist)
	s.fails(<-second, ipc.ErrNotExist)
}

// TestMailslotFullWriterKilled: a writer that dies while it writes or waits does
// not keep others from writing.
func TestMailslotFullWriterKilled(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(smallQueue)
	p := s.writerProcess("P", 1000)
	p.Sayf("write")
	for ctx := s.within(); ; { // until it waits for room
		if err := w.TryPut(make([]byte, 1000)); errors.Is(err, ipc.ErrMailslotFull) {
			break
		}
		s.ok(ctx.Err())
		must(m.TryGet())
	}
	p.Kill()
	for must(m.Len()) > 0 {
		must(m.TryGet())
	}
	s.put(w, "a")
	s.holds(m, "a")
}
