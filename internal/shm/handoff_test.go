//go:build linux && !ipcseam

package shm

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// BenchmarkHandOff is half a round trip without the kernel's part: a wait that
// is queued, the Set of another process that ends it, and its collection. The
// two system calls that are left out are all that another mechanism would have,
// too.
func BenchmarkHandOff(b *testing.B) {
	dir := testDir(b)
	var waits, sets Event
	through := func(s System) System { return &answering{s, &sets} }
	waiter, setter := attachThrough(b, dir, through), attachThrough(b, dir, through)
	spec := backend.Spec{Kind: backend.Event, Name: "e"}
	if err := errors.Join(waiter.Create(&waits.Object, spec), setter.Create(&sets.Object, spec)); err != nil {
		b.Fatal(err)
	}
	waiter.single.Store(false) // nobody else is to run first
	for b.Loop() {
		waits.spin.Begin(0)
		if err := waits.Wait(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// answering is a system in which whoever sleeps is woken at once, by the Set of an event.
type answering struct {
	System
	set *Event
}

func (s *answering) Sleep(word *uint32, value uint32, timeout time.Duration) {
	if timeout < 0 && value == claimWaiting {
		s.set.Set()
		return
	}
	s.System.Sleep(word, value, timeout)
}

func (s *answering) Wake(*uint32, int) {}
