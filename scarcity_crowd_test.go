//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("attached-often", attachedOften) }

// attachedOften opens the namespace many times, each of which counts as a
// process: it has a slot, a thread, and here a mutex that it owns. It says how
// many times it could.
func attachedOften(c *testproc.Child) {
	count, _ := strconv.Atoi(c.Args[2])
	attached := 0
	for ; attached < count; attached++ {
		n, err := ipc.OpenNamespace(c.Args[0], nil)
		if err != nil {
			wantError(c, "attach", err, ipc.ErrNoSpace, "open namespace", c.Args[0], "processes")
			break
		}
		must(must(n.CreateMutex(ownedBy(c.Args[1], attached), nil)).Lock(context.Background()))
	}
	c.Sayf("%d", attached)
	c.Line()
}

// ownedBy names the mutex of one attachment.
func ownedBy(process string, attachment int) string {
	return fmt.Sprint("owned-", process, "-", attachment)
}

// A host is a child that is attached many times.
type host struct {
	*testproc.Proc
	name     string
	attached int
}

// startHosts starts children that are attached so many times each, all at the
// same time.
func startHosts(t *testing.T, dir string, hosts, each int) (all []*host) {
	t.Helper()
	for i := range hosts {
		name := fmt.Sprint("host", i)
		all = append(all, &host{testproc.Start(t, "attached-often", dir, name, strconv.Itoa(each)), name, 0})
	}
	for _, h := range all {
		h.attached = must(strconv.Atoi(h.Line()))
	}
	return all
}

// TestManyProcesses attaches 4,096 times, kills a quarter of them at one blow,
// and then the next.
func TestManyProcesses(t *testing.T) {
	each := 1024
	if raceEnabled || testing.Short() {
		each = 64
	}
	n := ownNamespace(t)
	begin := time.Now()
	hosts := startHosts(t, n.Dir(), 4, each)
	t.Logf("%d attachments in %v", 4*each, time.Since(begin))
	for _, h := range hosts {
		if h.attached != each {
			t.Fatalf("%s is attached %d times", h.name, h.attached)
		}
		wantAbandonedAtDeath(t, n, h)
	}
	if list := must(n.Objects()); len(list) != 0 {
		t.Errorf("%d objects are left", len(list))
	}
}

// wantAbandonedAtDeath kills a child while this process waits for all that the
// child's attachments own.
func wantAbandonedAtDeath(t *testing.T, n *ipc.Namespace, h *host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testproc.Limit(t))
	defer cancel()
	var waits sync.WaitGroup
	mutexes := make([]*ipc.Mutex, h.attached)
	for i := range mutexes {
		m := must(n.OpenMutex(ownedBy(h.name, i)))
		mutexes[i] = m
		waits.Go(func() {
			if abandoned, err := m.Lock(ctx); !abandoned || err != nil {
				t.Errorf("%s: abandoned %v, %v", m.Name(), abandoned, err)
			}
		})
	}
	for _, m := range mutexes {
		untilWaiters(t, m, 1)
	}
	begin := time.Now()
	h.Kill()
	waits.Wait()
	t.Logf("%s with %d attachments: killed and all noticed in %v", h.name, h.attached, time.Since(begin))
	must(n.Objects()) // clears up what others are about to
	for _, m := range mutexes {
		if i := must(m.Info()); i.Handles != 1 {
			t.Errorf("%s: %d handles", m.Name(), i.Handles)
		}
		wantNothing(t, "close", m.Close())
	}
}

// TestTooManyProcesses fills the table of processes. It takes a quarter of a
// minute and most of the threads that a machine may have, so it is done on
// request.
func TestTooManyProcesses(t *testing.T) {
	if os.Getenv("IPC_TEST_MANY") == "" {
		t.Skip("starts 8,191 threads: needs IPC_TEST_MANY=1")
	}
	n := ownNamespace(t)
	const most, hosts = 8191, 8
	all := startHosts(t, n.Dir(), hosts, 1<<10)
	attached := 1
	for _, h := range all {
		attached += h.attached
	}
	if attached != most {
		t.Fatalf("%d attachments were possible, want %d", attached, most)
	}
	_, err := ipc.OpenNamespace(n.Dir(), nil)
	wantError(t, "one too many", err, ipc.ErrNoSpace, "open namespace", n.Dir(), "8191 processes")
	wantAbandonedAtDeath(t, n, all[0])
	must(ipc.OpenNamespace(n.Dir(), nil)).Close() // there is room again
	for _, h := range all[1:] {
		h.Kill()
	}
	if list := must(n.Objects()); len(list) != 0 {
		t.Errorf("%d objects are left", len(list))
	}
}
