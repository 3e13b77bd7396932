//go:build linux || windows

package ipc_test

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
)

// TestMailslotTwoReaders: each message goes to one of two goroutines, in one way
// or another, and to each of them in order.
func TestMailslotTwoReaders(t *testing.T) {
	const count = 2000
	s := newSlotScene(t)
	m, w := s.pair(nil)
	var readers sync.WaitGroup
	var parts [2][]uint32
	for i := range parts {
		readers.Go(func() { parts[i] = takeUntilClosed(s, m) })
	}
	for i := range count {
		s.ok(w.Put(s.within(), binary.LittleEndian.AppendUint32(nil, uint32(i))))
	}
	s.ok(w.Put(s.within(), nil)) // the last one
	readers.Wait()
	seen := make([]bool, count)
	for _, part := range parts {
		for i, k := range part {
			if seen[k] || i > 0 && k < part[i-1] {
				t.Fatalf("message %d is there twice, or in the wrong place", k)
			}
			seen[k] = true
		}
	}
	if n := len(parts[0]) + len(parts[1]); n != count {
		t.Errorf("%d messages, want %d", n, count)
	}
}

// takeUntilClosed takes numbers until the mailslot is closed, and closes it at
// an empty message.
func takeUntilClosed(s *slotScene, m *ipc.Mailslot) (taken []uint32) {
	for {
		message, err := m.Get(s.within())
		switch {
		case errors.Is(err, ipc.ErrClosed):
			return taken
		case err != nil:
			s.Error(err)
			return taken
		case len(message) == 0:
			m.Close()
			return taken
		}
		taken = append(taken, binary.LittleEndian.Uint32(message))
	}
}

// TestMailslotCancelledGet: a read that is cancelled while a message comes has
// it, or leaves it for the next one.
func TestMailslotCancelledGet(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	for i := range byte(200) {
		ctx, cancel := context.WithCancel(s.within())
		done := make(chan got, 1)
		go func() {
			message, err := m.Get(ctx)
			done <- got{string(message), len(message), err}
		}()
		go cancel()
		s.put(w, string([]byte{i}))
		g := <-done
		if errors.Is(g.err, context.Canceled) {
			s.holds(m, string([]byte{i}))
		} else if g.err != nil || g.message != string([]byte{i}) {
			t.Fatalf("got %+v, want %d", g, i)
		}
	}
	s.holds(m)
}

// TestMailslotDoneContext: a message wins over a context that is done, and
// without one the context's error is told.
func TestMailslotDoneContext(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	done, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := m.Get(done)
	s.fails(err, context.Canceled)
	s.fails(m.Wait(done), context.Canceled)
	s.ok(w.Put(done, []byte("a")))
	s.ok(m.Wait(done))
	if message, err := m.Get(done); string(message) != "a" || err != nil {
		t.Errorf("got %q, %v", message, err)
	}
	late, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err = m.Get(late)
	s.fails(err, context.DeadlineExceeded)
}

// TestMailslotMessages: the loop ends with the mailslot, the context or the
// timeout, without an error.
func TestMailslotMessages(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	s.put(w, "a", "", "b")
	var all []string
	for message, err := range m.Messages(s.within()) {
		s.ok(err)
		if all = append(all, string(message)); len(all) == 3 {
			s.ok(m.Close())
		}
	}
	if len(all) != 3 || all[0] != "a" || all[1] != "" || all[2] != "b" {
		t.Errorf("the messages are %q", all)
	}

	s.ok(w.Close()) // Wine keeps the name as long
	m, w = s.pair(notWaiting)
	s.put(w, "a", "b")
	n := 0
	for _, err := range m.Messages(s.within()) {
		s.ok(err)
		n++
	}
	if n != 2 {
		t.Errorf("%d messages until the timeout, want 2", n)
	}
	s.put(w, "a", "b")
	for range m.Messages(s.within()) {
		break // which has taken one
	}
	s.holds(m, "b")

	ctx, cancel := context.WithCancel(s.within())
	defer cancel()
	s.ok(m.SetReadTimeout(0))
	s.put(w, "a")
	for range m.Messages(ctx) {
		cancel()
	}
	if ctx.Err() == nil {
		t.Error("the loop has ended before its context")
	}
}

// TestMailslotAllocations: GetInto and TryPut allocate nothing.
func TestMailslotAllocations(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	ctx, message, buf := s.within(), make([]byte, 64), make([]byte, 64)
	if n := testing.AllocsPerRun(200, func() {
		s.ok(w.TryPut(message))
		n, err := m.GetInto(ctx, buf)
		s.ok(err)
		if n != len(message) {
			t.Fatal(n)
		}
	}); n > slotAllocations() {
		t.Errorf("%v allocations", n)
	}
}

// onEndingThread runs do on a thread that ends then.
func onEndingThread(do func()) (ended <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		do()
	}()
	return done
}

// TestMailslotThreadEnds: the thread that has created a mailslot, and the one
// that has read last, end; the mailslot lives on.
func TestMailslotThreadEnds(t *testing.T) {
	s := newSlotScene(t)
	var m *ipc.Mailslot
	<-onEndingThread(func() { m = s.create(nil) })
	w := s.open()
	for range 20 {
		s.put(w, "a")
		<-onEndingThread(func() { s.holds(m, "a") })
		s.told(m, -1, 0)
		done := s.reading(m, -1)
		s.put(w, "b")
		if g := <-done; g.message != "b" || g.err != nil {
			t.Fatalf("got %+v", g)
		}
	}
}

// TestMailslotThreadOfFirstWaitEnds: the thread that has waited first ends, and
// the wait of another goroutine goes on.
func TestMailslotThreadOfFirstWaitEnds(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	for range 20 {
		ctx, cancel := context.WithCancel(s.within())
		first := onEndingThread(func() { m.Wait(ctx) })
		s.blocked(m, 1)
		second := make(chan error, 1)
		go func() { second <- m.Wait(s.within()) }()
		s.blocked(m, 2)
		cancel()
		<-first
		select {
		case err := <-second:
			t.Fatalf("the wait of the other goroutine has ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
		s.put(w, "a")
		s.ok(<-second)
		s.holds(m, "a")
	}
}

// TestMailslotSizes: messages of many sizes, longer ones after shorter ones and
// the other way round.
func TestMailslotSizes(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	sizes := []int{0, 1, 4095, 4096, 4097, 0, 100_000, 3, 65_536, 65_537, 200_000, 0, 5000}
	for round := range 3 {
		for i, size := range sizes {
			s.put(w, string(pattern(size, round+i)))
		}
		s.told(m, int64(sizes[0]), len(sizes))
		for i, size := range sizes {
			message, err := m.TryGet()
			s.ok(err)
			if string(message) != string(pattern(size, round+i)) {
				t.Fatalf("%d bytes have become %d others", size, len(message))
			}
		}
		s.holds(m)
	}
}

func pattern(size, seed int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i*7 + seed)
	}
	return p
}

// TestMailslotBlockedSizes: a message of any size ends a read, or a wait that
// leaves it where it is, with others behind it.
func TestMailslotBlockedSizes(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	for _, size := range []int{0, 1, 4096, 4097, 100_000} {
		first, second := string(pattern(size, 1)), string(pattern(size, 2))
		done := s.reading(m, -1)
		s.put(w, first)
		if g := <-done; g.message != first || g.err != nil {
			t.Fatalf("a read of %d bytes gives %d, %v", size, g.size, g.err)
		}

		waited := make(chan error, 1)
		go func() { waited <- m.Wait(s.within()) }()
		s.blocked(m, 1)
		s.put(w, first)
		s.ok(<-waited)
		s.put(w, second)
		s.told(m, int64(size), 2)
		s.ok(m.Wait(s.within()))
		s.told(m, int64(size), 2)
		if size > 0 {
			n, err := m.TryGetInto(make([]byte, size-1))
			s.fails(err, ipc.ErrShortBuffer, codeInsufficientBuffer)
			if n != size {
				t.Errorf("it needs %d bytes, want %d", n, size)
			}
		}
		s.holds(m, first, second)
	}
}
