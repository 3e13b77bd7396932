//go:build linux || windows

package ipc_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("heir", heir) }

// heir uses what it has inherited: an event, a mutex, a semaphore and a timer.
func heir(c *testproc.Child) {
	ctx := context.Background()
	if _, err := ipc.Inherited[*ipc.Mutex](0); !errors.Is(err, ipc.ErrWrongType) {
		c.Fatalf("an event as a mutex: %v", err)
	}
	e := must(ipc.Inherited[*ipc.Event](0))
	m := must(ipc.Inherited[*ipc.Mutex](1))
	s := must(ipc.Inherited[*ipc.Semaphore](2))
	x := must(ipc.Inherited[*ipc.Timer](3))
	if _, err := ipc.Inherited[*ipc.Event](0); !errors.Is(err, ipc.ErrNotExist) {
		c.Fatalf("taken twice: %v", err)
	}
	if _, err := ipc.Inherited[*ipc.Event](4); !errors.Is(err, ipc.ErrNotExist) {
		c.Fatalf("never given: %v", err)
	}
	for _, line := range os.Environ() {
		if strings.HasPrefix(line, "IPC_INHERITED") {
			c.Fatalf("a child of this process would find %s", line)
		}
	}
	if e.Name() != "" || m.Name() == "" {
		c.Fatalf("names %q and %q", e.Name(), m.Name())
	}
	if ok, _, err := m.TryLock(); ok || err != nil {
		c.Fatalf("the parent's mutex: locked %v, %v", ok, err)
	}
	if err := errors.Join(e.Set(), s.Acquire(ctx), x.Wait(ctx)); err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("used")
	if _, err := m.Lock(ctx); err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("locked")
	c.Line()
}

// TestInherit hands one object of each kind to a child, anonymous ones and a
// named one. That the parent closes its handles changes nothing for the child.
func TestInherit(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), testproc.Limit(t))
	defer cancel()
	e, kept := must(ipc.CreateEvent("", nil)), must(ipc.CreateSemaphore("", &ipc.SemaphoreOptions{Max: 9}))
	m := must(ipc.CreateMutex(unusedName(t), &ipc.MutexOptions{InitiallyOwned: true}))
	x := must(ipc.CreateTimer("", nil))
	p := testproc.StartWith(t, func(cmd *exec.Cmd) {
		// In two calls, which follow each other.
		if err := errors.Join(ipc.Inherit(cmd, e, m), ipc.Inherit(cmd, kept, x)); err != nil {
			t.Fatal(err)
		}
		if err := x.Set(0, 0); err != nil {
			t.Fatal(err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}, "heir")
	if err := e.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Release(1); err != nil {
		t.Fatal(err)
	}
	p.Expect("used")
	if err := m.Unlock(); err != nil {
		t.Fatal(err)
	}
	p.Expect("locked")
	p.Kill()
	if abandoned, err := m.Lock(ctx); !abandoned || err != nil {
		t.Errorf("the mutex of the dead child: abandoned %v, %v", abandoned, err)
	}
	for _, o := range []interface{ Close() error }{e, kept, m} {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestInheritRefuses(t *testing.T) {
	e := must(ipc.CreateEvent("", nil))
	var none *ipc.Mutex
	if err := ipc.Inherit(nil, e); !errors.Is(err, ipc.ErrInvalid) {
		t.Errorf("no command: %v", err)
	}
	if err := ipc.Inherit(exec.Command("x"), none); !errors.Is(err, ipc.ErrInvalid) {
		t.Errorf("no mutex: %v", err)
	}
	e.Close()
	cmd := exec.Command("x")
	if err := ipc.Inherit(cmd, e); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("a closed event: %v", err)
	}
	cmd.Env = []string{"IPC_INHERITED=nonsense"}
	if err := ipc.Inherit(cmd); !errors.Is(err, ipc.ErrInvalid) {
		t.Errorf("an environment that somebody else made: %v", err)
	}
	if _, err := ipc.Inherited[*ipc.Event](0); !errors.Is(err, ipc.ErrNotExist) {
		t.Errorf("nothing was inherited: %v", err)
	}
}

// unusedName makes a name that nobody else uses.
func unusedName(t *testing.T) string { return t.Name() + time.Now().Format(" 150405.000000000") }
