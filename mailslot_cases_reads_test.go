//go:build linux || windows

package ipc_test

import (
	"bytes"
	"errors"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// notWaiting are the options of a mailslot whose reads do not wait.
var notWaiting = &ipc.MailslotOptions{ReadTimeout: -1}

// slotTick is how much too early a wait may end.
const slotTick = 16 * time.Millisecond

// told asserts what is told of the queue.
func (s *slotScene) told(m *ipc.Mailslot, next int64, messages int) {
	s.Helper()
	i, err := m.Info()
	s.ok(err)
	if i.Mailslot.Next != next || i.Mailslot.Messages != messages || i.Signaled != (messages > 0) {
		s.Fatalf("next is %d of %d, signalled %v; want %d of %d", i.Mailslot.Next, i.Mailslot.Messages, i.Signaled, next, messages)
	}
	if n, err := m.Len(); n != messages || err != nil {
		s.Fatalf("the length is %d, %v", n, err)
	}
}

func slotNew(s *slotScene) {
	m := s.create(nil)
	s.told(m, -1, 0)
	i, err := m.Info()
	s.ok(err)
	if i.Type != "mailslot" || i.Mailslot.MaxMessageSize != 0 || i.Mailslot.ReadTimeout != 0 {
		s.Errorf("a new mailslot is %+v, %+v", i, i.Mailslot)
	}
	s.ok(m.Close())
	m = s.create(&ipc.MailslotOptions{MaxMessageSize: 10, ReadTimeout: time.Second})
	i, err = m.Info()
	s.ok(err)
	if i.Mailslot.MaxMessageSize != 10 || i.Mailslot.ReadTimeout != time.Second {
		s.Errorf("a new mailslot with options is %+v", i.Mailslot)
	}
}

func slotInfoUnused(s *slotScene) {
	_, err := s.create(nil).Info()
	s.ok(err)
}

func slotEmptyNow(s *slotScene) {
	m := s.create(notWaiting)
	for _, room := range []int{16, 0} {
		n, err := m.GetInto(s.within(), make([]byte, room))
		s.fails(err, ipc.ErrMailslotEmpty, codeTimeout)
		if n != 0 {
			s.Errorf("%d bytes of nothing", n)
		}
	}
	_, err := m.Get(s.within())
	s.fails(err, ipc.ErrMailslotEmpty, codeTimeout)
}

func slotEmptyInTime(s *slotScene) {
	m := s.create(&ipc.MailslotOptions{ReadTimeout: time.Second})
	begin := time.Now()
	_, err := m.Get(s.within())
	took := time.Since(begin)
	s.fails(err, ipc.ErrMailslotEmpty, codeTimeout)
	if took < time.Second-slotTick {
		s.Errorf("it waited %v only", took)
	}
}

func slotMessageInTime(s *slotScene) {
	m, w := s.pair(&ipc.MailslotOptions{ReadTimeout: testproc.Limit(s.T)})
	done := s.reading(m, -1)
	s.put(w, "a")
	if g := <-done; g.message != "a" || g.err != nil {
		s.Errorf("got %+v", g)
	}
}

func slotTimeoutOfBeginning(s *slotScene) {
	m, w := s.pair(notWaiting)
	_, err := m.Get(s.within())
	s.fails(err, ipc.ErrMailslotEmpty, codeTimeout)
	s.ok(m.SetReadTimeout(0))
	done := s.reading(m, -1)
	s.ok(m.SetReadTimeout(-1))
	s.put(w, "a")
	if g := <-done; g.message != "a" || g.err != nil {
		s.Errorf("got %+v", g)
	}
	_, err = m.Get(s.within())
	s.fails(err, ipc.ErrMailslotEmpty, codeTimeout)
}

func slotWriteReader(s *slotScene) {
	m := s.create(nil)
	s.fails(m.Put(s.within(), []byte("a")), ipc.ErrInvalidUse)
	s.holds(m)
}

func slotReadWriter(s *slotScene) {
	m, w := s.pair(nil)
	_, err := w.Get(s.within())
	s.fails(err, ipc.ErrInvalidUse)
	s.put(w, "a")
	_, err = w.Get(s.within())
	s.fails(err, ipc.ErrInvalidUse)
	s.holds(m, "a")
}

func slotOnce(s *slotScene) {
	m, w := s.pair(notWaiting)
	s.put(w, "8 bytes.")
	buf := make([]byte, 16)
	if n, err := m.GetInto(s.within(), buf); string(buf[:n]) != "8 bytes." || err != nil {
		s.Fatalf("got %q, %v", buf[:n], err)
	}
	_, err := m.GetInto(s.within(), buf)
	s.fails(err, ipc.ErrMailslotEmpty, codeTimeout)
}

func slotSizeAndNumber(s *slotScene) {
	m, w := s.pair(notWaiting)
	for i, message := range []string{"a", "bc", ""} {
		s.put(w, message)
		s.told(m, 1, i+1)
	}
	for i, next := range []int64{2, 0, -1} {
		_, err := m.TryGet()
		s.ok(err)
		s.told(m, next, 2-i)
	}
}

func slotDrained(s *slotScene) {
	m, w := s.pair(notWaiting)
	s.put(w, "a", "bc", "")
	s.holds(m, "a", "bc", "")
	_, err := m.Get(s.within())
	s.fails(err, ipc.ErrMailslotEmpty, codeTimeout)
	s.told(m, -1, 0)
}

func slotNotJoined(s *slotScene) {
	m, w := s.pair(notWaiting)
	s.put(w, "a", "bc")
	for _, want := range []string{"a", "bc"} {
		buf := make([]byte, 16)
		if n, err := m.GetInto(s.within(), buf); string(buf[:n]) != want || err != nil {
			s.Errorf("got %q, %v, want %q", buf[:n], err, want)
		}
	}
}

func slotNoRoom(s *slotScene) {
	m, w := s.pair(notWaiting)
	s.put(w, "bc")
	for range 2 {
		n, err := m.GetInto(s.within(), nil)
		s.fails(err, ipc.ErrShortBuffer, codeInsufficientBuffer)
		if n != 2 {
			s.Errorf("it needs %d bytes, want 2", n)
		}
	}
	s.holds(m, "bc")
}

func slotTooLittleRoom(s *slotScene) {
	m, w := s.pair(nil)
	done := s.reading(m, 1)
	s.put(w, "bc")
	g := <-done
	s.fails(g.err, ipc.ErrShortBuffer, codeInsufficientBuffer)
	if g.size != 2 {
		s.Errorf("it needs %d bytes, want 2", g.size)
	}
	s.told(m, 2, 1)
	s.holds(m, "bc")
}

func slotMaximum(s *slotScene) {
	m, w := s.pair(&ipc.MailslotOptions{MaxMessageSize: 10})
	s.put(w, "0123456789")
	s.fails(w.Put(s.within(), []byte("0123456789a")), ipc.ErrMessageTooBig, codeInvalidParameter)
	s.fails(w.TryPut([]byte("0123456789a")), ipc.ErrMessageTooBig, codeInvalidParameter)
	s.told(m, 10, 1)
	s.holds(m, "0123456789")
}

func slotNoMaximum(s *slotScene) {
	m, w := s.pair(nil)
	for _, size := range []int{64 << 10, 1 << 20} {
		message := bytes.Repeat([]byte("0123456789abcdef"), size/16)
		err := w.Put(s.within(), message)
		if testproc.UnderWine() && errors.Is(err, ipc.ErrMessageTooBig) {
			s.Logf("Wine takes no message of %d bytes: %v", size, err)
			continue
		}
		s.ok(err)
		s.told(m, int64(size), 1)
		if got, err := m.Get(s.within()); !bytes.Equal(got, message) || err != nil {
			s.Errorf("%d bytes have become %d others, %v", size, len(got), err)
		}
	}
	s.holds(m)
}

func slotWriterTold(s *slotScene) {
	m, w := s.pair(&ipc.MailslotOptions{MaxMessageSize: 10})
	s.put(w, "a", "bc", "def")
	s.told(m, 1, 3)
	i, err := w.Info()
	s.ok(err)
	if i.Type != "mailslot" || i.Mailslot.MaxMessageSize != 10 || i.Mailslot.Messages != 3 {
		s.Errorf("a writer is told %+v", i.Mailslot)
	}
}
