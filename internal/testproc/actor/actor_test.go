//go:build linux

package actor_test

import (
	"os"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

func TestMain(m *testing.M) { testproc.Main(m) }

const limit = 20 * time.Second

// result waits for the end of an operation.
func result(t *testing.T, c *actor.Call) actor.Result {
	t.Helper()
	r, ok := c.Await(limit)
	if !ok {
		t.Fatalf("%s does not end", c.Op.Verb)
	}
	return r
}

// TestRemote plays a scene in which a child blocks, succeeds, is cancelled and
// dies.
func TestRemote(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	here, err := actor.NewLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(here.Exit)
	there := actor.NewRemote(t, dir, "")

	for i, a := range []actor.Actor{here, there} {
		r := result(t, a.Start(actor.Op{Verb: actor.Create, Kind: actor.Event, Name: "e", Handle: 1}))
		if r.Code != actor.OK || r.Existed != (i > 0) {
			t.Fatalf("create: %s", r)
		}
	}
	wait := actor.Op{Verb: actor.Wait, Handle: 1, Timeout: actor.Forever}
	first, second, third := there.Start(wait), there.Start(wait), there.Start(wait)
	for {
		r := result(t, here.Start(actor.Op{Verb: actor.Info, Handle: 1}))
		if r.Code != actor.OK {
			t.Fatal(r)
		}
		if r.Info.Waiters == 3 {
			break
		}
	}
	second.Cancel()
	if r := result(t, second); r.Code != actor.Canceled {
		t.Errorf("the cancelled wait gives %s", r)
	}
	if r := result(t, here.Start(actor.Op{Verb: actor.Set, Handle: 1})); r.Code != actor.OK {
		t.Errorf("set: %s", r)
	}
	select {
	case <-first.Done():
	case <-third.Done():
	case <-time.After(limit):
		t.Fatal("nobody was released")
	}
	there.Kill()
	for _, c := range []*actor.Call{first, third, there.Start(wait)} {
		if r := result(t, c); r.Code != actor.OK && r.Code != actor.Dead {
			t.Errorf("after the death: %s", r)
		}
	}
}
