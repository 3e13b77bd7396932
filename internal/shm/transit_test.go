//go:build linux && !ipcseam

package shm

import (
	"errors"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

// reclaiming makes a semaphore with so many permits, which come back.
func reclaiming(t *testing.T, n *Namespace, permits int) *Semaphore {
	t.Helper()
	s := new(Semaphore)
	if err := n.Create(&s.Object, backend.Spec{Kind: backend.Semaphore, Name: "s", Initial: permits, Max: permits, Reclaim: true}); err != nil {
		t.Fatal(err)
	}
	return s
}

// count gives the permits that are left.
func count(t *testing.T, s *Semaphore) int {
	t.Helper()
	i, err := s.Info()
	if err != nil {
		t.Fatal(err)
	}
	return i.Count
}

// TestTransitPermits: permits that the sender has taken stay its own, also when
// the handle that is on its way was the last that could carry them.
func TestTransitPermits(t *testing.T) {
	for _, keeps := range []bool{true, false} {
		dir := testDir(t)
		a, b := attachTo(t, dir), attachTo(t, dir)
		s := reclaiming(t, a, 3)
		if ok, err := s.TryAcquire(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		transit, err := s.Send()
		if err != nil {
			t.Fatal(err)
		}
		want := 3
		if keeps {
			other := new(Semaphore)
			if err := a.Open(&other.Object, backend.Semaphore, "s"); err != nil {
				t.Fatal(err)
			}
			want = 2
		}
		s.Close() // its permit goes to the handle that was sent, or to the other
		var got Semaphore
		if err := b.Receive(&got.Object, transit); err != nil {
			t.Fatal(err)
		}
		if n := count(t, &got); n != want {
			t.Errorf("the sender has another handle: %v: %d permits, want %d", keeps, n, want)
		}
		if ok, err := got.TryAcquire(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		a.Close()
		if n := count(t, &got); n != 2 {
			t.Errorf("the sender has left: %d permits, want 2", n)
		}
	}
}

// TestTransitRecordReused: what was received, and closed, is not received or
// recalled again, though its record is that of another handle of the sender.
func TestTransitRecordReused(t *testing.T) {
	dir := testDir(t)
	a, b := attachTo(t, dir), attachTo(t, dir)
	s := reclaiming(t, a, 3)
	transit, err := s.Send()
	if err != nil {
		t.Fatal(err)
	}
	var got Semaphore
	if err := b.Receive(&got.Object, transit); err != nil {
		t.Fatal(err)
	}
	got.Close()
	again := new(Semaphore)
	if err := a.Open(&again.Object, backend.Semaphore, "s"); err != nil {
		t.Fatal(err)
	}
	if again.handle != transit.Handle {
		t.Fatalf("record %d is used, not %d again: nothing is tested", again.handle, transit.Handle)
	}
	a.Recall(transit)
	if err := b.Receive(new(Object), transit); !errors.Is(err, backend.ErrNotExist) {
		t.Errorf("received again: %v", err)
	}
	if i, err := again.Info(); err != nil || i.Handles != 2 {
		t.Errorf("%d handles, %v", i.Handles, err)
	}
}
