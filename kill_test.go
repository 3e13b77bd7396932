//go:build linux

package ipc_test

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("kill-waiter", killWaiter)
	testproc.Register("kill-busy", killBusy)
	testproc.Register("kill-holder", killHolder)
	testproc.Register("kill-owner", killOwner)
}

// killWaiter blocks on an auto-reset event.
func killWaiter(c *testproc.Child) {
	e := must(open(c).OpenEvent("e"))
	if err := e.Wait(context.Background()); err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("signalled")
	c.Line()
}

// killBusy does everything, over and over.
func killBusy(c *testproc.Child) {
	n := open(c)
	e, m := must(n.OpenEvent("e")), must(n.OpenMutex("m"))
	s := must(n.OpenSemaphore("s"))
	c.Sayf("ready")
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Microsecond)
		e.Set()
		e.Wait(ctx)
		if _, err := m.Lock(ctx); err == nil {
			m.Unlock()
		}
		if s.Acquire(ctx) == nil {
			s.Release(1)
		}
		if x, err := n.CreateEvent("new", nil); err == nil {
			ipc.TryWaitAll(x, e, s)
			x.Close()
		}
		cancel()
	}
}

// killHolder takes permits and makes an object, and keeps them.
func killHolder(c *testproc.Child) {
	n := open(c)
	s := must(n.OpenSemaphore("s"))
	must(n.CreateEvent("mine", nil))
	for range 3 {
		must(s.TryAcquire())
	}
	c.Sayf("holding")
	c.Line()
}

// killOwner locks the mutex and keeps it.
func killOwner(c *testproc.Child) {
	m := must(open(c).OpenMutex("m"))
	if _, err := m.Lock(context.Background()); err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("owned")
	c.Line()
}

// TestKillOwner: the waiter of a killed owner gets the mutex and is told.
func TestKillOwner(t *testing.T) {
	n := ownNamespace(t)
	m := must(n.CreateMutex("m", nil))
	owner := testproc.Start(t, "kill-owner", n.Dir())
	owner.Expect("owned")
	got := make(chan bool, 1)
	go func() {
		abandoned, err := m.Lock(context.Background())
		got <- abandoned && err == nil
	}()
	untilWaiters(t, m, 1)
	owner.Kill()
	select {
	case ok := <-got:
		if !ok {
			t.Error("not told that it was abandoned")
		}
	case <-within(t).Done():
		t.Fatal("the waiter hangs")
	}
}

// TestKillWaiter: a signal after the death of the first waiter goes to the
// second.
func TestKillWaiter(t *testing.T) {
	n := ownNamespace(t)
	e := must(n.CreateEvent("e", nil))
	queued := func(want int) {
		for must(e.Info()).Waiters != want {
			runtime.Gosched()
		}
	}
	first := testproc.Start(t, "kill-waiter", n.Dir())
	queued(1)
	second := testproc.Start(t, "kill-waiter", n.Dir())
	queued(2)
	first.Kill()
	if err := e.Set(); err != nil {
		t.Fatal(err)
	}
	second.Expect("signalled")
	second.Exit()
	if must(e.IsSet()) {
		t.Error("the signal was doubled")
	}
}

// TestKillBusy kills processes in the middle of whatever they do, while this
// one goes on.
func TestKillBusy(t *testing.T) {
	n := ownNamespace(t)
	e, m := must(n.CreateEvent("e", nil)), must(n.CreateMutex("m", nil))
	s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 4, Max: 4, ReclaimOnExit: true}))
	kills := 60
	if raceEnabled {
		kills = 15
	}
	pair := [2]*testproc.Proc{}
	for i := range kills {
		for k := range pair {
			if pair[k] == nil {
				pair[k] = testproc.Start(t, "kill-busy", n.Dir())
				pair[k].Expect("ready")
			}
		}
		for range rand.IntN(400) { // a random moment
			e.Set()
		}
		pair[i%2].Kill()
		pair[i%2] = nil
		ctx := within(t)
		if _, err := m.Lock(ctx); err != nil {
			t.Fatal(err)
		}
		if err := m.Unlock(); err != nil {
			t.Fatal(err)
		}
		if err := e.Set(); err != nil {
			t.Fatal(err)
		}
		if err := s.Acquire(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Release(1); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range pair {
		if p != nil {
			p.Kill()
		}
	}
	must(n.Objects())  // which clears up after all who are dead
	for i := range 4 { // nothing lost, nothing doubled
		if !must(s.TryAcquire()) {
			t.Fatalf("%d permits are left of 4", i)
		}
	}
	if must(s.TryAcquire()) {
		t.Fatal("a permit too many")
	}
	if i := must(e.Info()); i.Waiters != 0 || i.Handles != 1 {
		t.Errorf("the dead left %d waits and %d handles", i.Waiters, i.Handles-1)
	}
}

// TestKillHolder: what a killed process held comes back, and what it alone had
// is gone, as soon as the process is.
func TestKillHolder(t *testing.T) {
	n := ownNamespace(t)
	s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 3, Max: 3, ReclaimOnExit: true}))
	p := testproc.Start(t, "kill-holder", n.Dir())
	p.Expect("holding")
	if must(s.TryAcquire()) {
		t.Fatal("a permit is left")
	}
	must(n.OpenEvent("mine")).Close()
	p.Kill()
	if _, err := n.OpenEvent("mine"); err == nil {
		t.Error("an object survived its only process")
	}
	ctx := within(t)
	for range 3 {
		if err := s.Acquire(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKillAll: when all are killed, nothing is left but the segment.
func TestKillAll(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	n := must(ipc.OpenNamespace(dir, nil))
	must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 3, Max: 3}))
	must(n.CreateMutex("m", nil))
	must(n.CreateEvent("e", nil))
	var all []*testproc.Proc
	for _, what := range []string{"kill-holder", "kill-owner", "kill-busy"} {
		p := testproc.Start(t, what, dir)
		p.Line()
		all = append(all, p)
	}
	n.Close()
	for _, p := range all {
		p.Kill()
	}
	n = must(ipc.OpenNamespace(dir, nil))
	defer n.Close()
	if list := must(n.Objects()); len(list) != 0 {
		t.Errorf("objects are left: %v", list)
	}
	files := must(os.ReadDir(dir))
	if len(files) != 1 || files[0].Name() != "segment" {
		t.Errorf("files are left: %v", files)
	}
}
