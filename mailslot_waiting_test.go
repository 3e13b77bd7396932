//go:build linux || windows

package ipc_test

import (
	"testing"

	"github.com/winsys-go/ipc"
)

// TestMailslotWaitAny: a mailslot is one of several objects, signalled while
// there is a message, which no wait takes.
func TestMailslotWaitAny(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	e := must(s.readers.CreateEvent("e", nil))
	sem := must(s.readers.CreateSemaphore("s", &ipc.SemaphoreOptions{Max: 1}))
	any := func() int {
		r, ok, err := ipc.TryWaitAny(e, m, sem)
		s.ok(err)
		if !ok {
			return -1
		}
		return r.Index
	}
	if i := any(); i != -1 {
		t.Fatalf("object %d is signalled", i)
	}
	s.put(w, "a")
	must(sem.Release(1))
	for range 3 {
		if i := any(); i != 1 {
			t.Fatalf("object %d is signalled, want the mailslot", i)
		}
	}
	s.ok(e.Set())
	if i := any(); i != 0 {
		t.Errorf("object %d is signalled, want the event", i)
	}
	s.holds(m, "a")
	if i := any(); i != 2 {
		t.Errorf("object %d is signalled, want the semaphore", i)
	}
	if i := any(); i != -1 {
		t.Errorf("object %d is signalled", i)
	}

	done := make(chan int, 1)
	go func() {
		r, err := ipc.WaitAny(s.within(), e, sem, m)
		if err != nil {
			t.Error(err)
		}
		done <- r.Index
	}()
	s.blocked(m, 1)
	s.put(w, "b")
	if i := <-done; i != 2 {
		t.Errorf("object %d has ended the wait, want the mailslot", i)
	}
	s.holds(m, "b")
}

// TestMailslotWaitAll: nothing is taken before all are signalled, and no message
// then.
func TestMailslotWaitAll(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	e := must(s.readers.CreateEvent("e", &ipc.EventOptions{InitiallySet: true}))
	if _, ok, err := ipc.TryWaitAll(m, e); ok || err != nil {
		t.Fatalf("all without a message: %v, %v", ok, err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := ipc.WaitAll(s.within(), e, m)
		done <- err
	}()
	s.blocked(m, 1)
	if !must(e.IsSet()) {
		t.Error("the event is taken before the message has come")
	}
	s.put(w, "a")
	s.ok(<-done)
	if must(e.IsSet()) {
		t.Error("the event is not taken")
	}
	s.holds(m, "a")
	_, err := ipc.WaitAll(s.within(), m, m)
	s.fails(err, ipc.ErrInvalid)
}

// TestMailslotSignalAndWait: a mailslot is waited for, and is nothing to signal.
func TestMailslotSignalAndWait(t *testing.T) {
	s := newSlotScene(t)
	m, w := s.pair(nil)
	e := must(s.readers.CreateEvent("e", nil))
	s.put(w, "a")
	_, err := ipc.SignalAndWait(s.within(), e, m)
	s.ok(err)
	if !must(e.TryWait()) {
		t.Error("the event was not set")
	}
	s.holds(m, "a")
	s.ok(e.Set())
	_, err = ipc.SignalAndWait(s.within(), m, e)
	s.fails(err, ipc.ErrInvalid)
	if !must(e.TryWait()) {
		t.Error("the event was waited for")
	}
	s.holds(m)
}

// TestMailslotManyWaits: a message ends all waits, however many.
func TestMailslotManyWaits(t *testing.T) {
	const waits = 5
	s := newSlotScene(t)
	m, w := s.pair(nil)
	for range 3 {
		done := make(chan error, waits)
		for range waits {
			go func() { done <- m.Wait(s.within()) }()
		}
		s.blocked(m, waits)
		s.put(w, "a")
		for range waits {
			s.ok(<-done)
		}
		s.holds(m, "a")
	}
}
