//go:build linux

package ipc_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("many-objects", manyObjects) }

// A closer is a handle of any kind.
type closer interface{ Close() error }

// manyCount is how many objects there are; the race detector is slow.
var manyCount = 65_000

func init() {
	if raceEnabled {
		manyCount = 8_000
	}
}

// manyObject creates or opens object i, whose kind goes by the number.
func manyObject(n *ipc.Namespace, i int, create bool) (closer, error) {
	name := "many-" + strconv.Itoa(i)
	switch kind := i % 4; {
	case kind == 0 && create:
		return n.CreateEvent(name, nil)
	case kind == 0:
		return n.OpenEvent(name)
	case kind == 1 && create:
		return n.CreateMutex(name, nil)
	case kind == 1:
		return n.OpenMutex(name)
	case kind == 2 && create:
		return n.CreateSemaphore(name, &ipc.SemaphoreOptions{Initial: i, Max: manyCount})
	case kind == 2:
		return n.OpenSemaphore(name)
	case create:
		return n.CreateTimer(name, nil)
	default:
		return n.OpenTimer(name)
	}
}

// manyObjects opens all objects, tells whether each is the right one, and
// closes them when told to.
func manyObjects(c *testproc.Child) {
	n := open(c)
	all := make([]closer, manyCount)
	for i := range all {
		all[i] = must(manyObject(n, i, false))
		if s, ok := all[i].(*ipc.Semaphore); ok && must(s.Info()).Count != i {
			c.Fatalf("semaphore %d is another one", i)
		}
	}
	c.Sayf("opened")
	c.Line()
	for _, o := range all {
		wantNothing(c, "close", o.Close())
	}
	c.Sayf("closed")
	c.Line()
}

// TestManyObjects: 65,000 named objects, from two processes.
func TestManyObjects(t *testing.T) {
	n := ownNamespace(t)
	last := time.Now()
	lap := func(what string) {
		t.Logf("%-8s %5.2f µs each", what, float64(time.Since(last).Nanoseconds())/float64(manyCount)/1000)
		// A search that goes through all objects would take minutes.
		if took := time.Since(last); took > time.Minute {
			t.Errorf("%s: it took %v", what, took)
		}
		last = time.Now()
	}
	all := make([]closer, manyCount)
	for i := range all {
		all[i] = must(manyObject(n, i, true))
	}
	lap("created")
	p := testproc.Start(t, "many-objects", n.Dir())
	p.Expect("opened")
	lap("opened")
	list := must(n.Objects())
	lap("listed")
	wantMany(t, list)
	for _, o := range all {
		wantNothing(t, "close", o.Close())
	}
	lap("closed")
	last = time.Now()
	if left := must(n.Objects()); len(left) != manyCount {
		t.Fatalf("%d objects are left that another process has open", len(left))
	}
	p.Sayf("close")
	p.Expect("closed")
	lap("ended")
	p.Exit()
	if left := must(n.Objects()); len(left) != 0 {
		t.Fatalf("%d objects are left", len(left))
	}
	must(manyObject(n, 0, true))
}

// wantMany checks a list of all objects, each open twice.
func wantMany(t *testing.T, list []ipc.Info) {
	t.Helper()
	if len(list) != manyCount {
		t.Fatalf("%d objects are listed", len(list))
	}
	if !slices.IsSortedFunc(list, func(a, b ipc.Info) int { return cmp.Compare(a.Name, b.Name) }) {
		t.Error("the list is not sorted by name")
	}
	names := map[string]bool{}
	for _, info := range list {
		names[info.Name] = true
		if info.Handles != 2 {
			t.Fatalf("%s has %d handles", info.Name, info.Handles)
		}
	}
	for i := range manyCount {
		if name := fmt.Sprint("many-", i); !names[name] {
			t.Fatalf("%s is not listed", name)
		}
	}
}
