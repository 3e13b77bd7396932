//go:build linux && !ipcseam

package shm

import (
	"context"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// TestWaitAllMeetsDueTimer: whoever looks at a timer that is due settles it, which
// is in the middle of a wait for all. What that has seen before must still be so.
func TestWaitAllMeetsDueTimer(t *testing.T) {
	n := attachTo(t, testDir(t))
	var m, other Mutex
	var timer Timer
	create := func(o *Object, kind backend.Kind, name string) {
		t.Helper()
		if err := n.Create(o, backend.Spec{Kind: kind, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	create(&m.Object, backend.Mutex, "m")
	create(&other.Object, backend.Mutex, "m")
	create(&timer.Object, backend.Timer, "t")
	if err := timer.Set(time.Millisecond, 0); err != nil {
		t.Fatal(err)
	}
	for due := n.sys.Now() + int64(2*time.Millisecond); n.sys.Now() < due; {
		n.sys.Pause(100)
	}
	if _, err := Wait(context.Background(), nil, true, []*Object{&m.Object, &timer.Object}); err != nil {
		t.Fatal(err)
	}
	if locked, _, err := other.TryLock(); locked || err != nil {
		t.Errorf("another handle locks the mutex that the wait has taken: %v, %v", locked, err)
	}
	if err := m.Unlock(); err != nil {
		t.Error(err)
	}
}

// TestWaitAnyOfOneMutex: a wait for one object through many handles is told to fetch
// it like any other.
func TestWaitAnyOfOneMutex(t *testing.T) {
	dir := testDir(t)
	a, b := attachTo(t, dir), attachTo(t, dir)
	var owned Mutex
	spec := backend.Spec{Kind: backend.Mutex, Name: "m"}
	if err := a.Create(&owned.Object, spec); err != nil {
		t.Fatal(err)
	}
	handles := make([]Mutex, 3)
	refs := make([]*Object, len(handles))
	for i := range handles {
		refs[i] = &handles[i].Object
		if err := b.Create(refs[i], spec); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if _, err := owned.Lock(context.Background()); err != nil {
			t.Fatal(err)
		}
		got := make(chan backend.WaitResult)
		go func() {
			r, err := Wait(context.Background(), nil, false, refs)
			if err != nil {
				t.Error(err)
			}
			got <- r
		}()
		for info := (backend.Info{}); info.Waiters == 0; {
			info, _ = owned.Info()
		}
		if err := owned.Unlock(); err != nil {
			t.Fatal(err)
		}
		if r := <-got; r.Index != 0 {
			t.Fatalf("index %d", r.Index)
		}
		if err := handles[0].Unlock(); err != nil {
			t.Fatal(err)
		}
	}
}
