//go:build linux

package ipc_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/testproc"
	"golang.org/x/sys/unix"
)

func init() {
	testproc.Register("kill-young", killYoung)
	testproc.Register("kill-young-heir", killYoungHeir)
	testproc.Register("kill-full", killFull)
	testproc.Register("fenced-at-once", fencedAtOnce)
}

// killYoung owns a mutex and is busy at once.
func killYoung(c *testproc.Child) {
	n := open(c)
	must(must(n.OpenMutex("m")).Lock(context.Background()))
	e, s := must(n.OpenEvent("e")), must(n.OpenSemaphore("s"))
	for range 2 {
		go func() {
			for {
				e.Set()
				if s.Acquire(context.Background()) == nil {
					s.Release(1)
				}
			}
		}()
	}
	c.Sayf("owned")
	c.Line()
}

// killFull opens all the files that it may, before it can have been fenced.
func killFull(c *testproc.Child) {
	open(c)
	limit(c, syscall.RLIMIT_NOFILE, 64)
	takeDescriptors(c)
	c.Sayf("full")
	c.Line()
}

// TestKillYoung kills processes before they are fenced, while their threads run.
func TestKillYoung(t *testing.T) {
	n := ownNamespace(t)
	m, e := must(n.CreateMutex("m", nil)), must(n.CreateEvent("e", nil))
	s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 4, Max: 4, ReclaimOnExit: true}))
	for young := 0; young < 10; {
		p := testproc.Start(t, "kill-young", n.Dir())
		p.Expect("owned")
		for range rand.IntN(400) { // a random moment
			e.Set()
		}
		if !isFenced(n.Dir(), p.PID()) {
			young++
		}
		p.Kill()
		if abandoned, err := m.Lock(within(t)); !abandoned || err != nil {
			t.Fatalf("lock: abandoned %v, %v", abandoned, err)
		}
		if err := m.Unlock(); err != nil {
			t.Fatal(err)
		}
		must(n.Objects()) // which clears up
		for i := range 4 {
			if !must(s.TryAcquire()) {
				t.Fatalf("%d permits are left of 4", i)
			}
		}
		if must(s.TryAcquire()) {
			t.Fatal("a permit too many")
		}
		must(s.Release(4))
		if i := must(s.Info()); i.Waiters != 0 || i.Handles != 1 {
			t.Errorf("the dead left %d waits and %d handles", i.Waiters, i.Handles-1)
		}
	}
}

// TestKillYoungOwner: the mutex of an owner that is killed at once comes back soon. Who
// clears up can see the end of its process, or must call for a slow barrier.
func TestKillYoungOwner(t *testing.T) {
	skipUnfenceable(t)
	for _, c := range []struct {
		name    string
		lacking string // system calls of who clears up
		owner   *syscall.SysProcAttr
		pid     int // of the owner, as it sees it itself; 0: as others do
		later   bool
	}{
		{name: "seen to end"},
		{name: "while it is being fenced", later: true},
		{name: "in a pid namespace of its own", owner: &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}, pid: 1},
		{name: "without process handles", lacking: "pidfd_open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			skipUnstartable(t, c.owner)
			dir := testproc.TempDir(t, "/dev/shm")
			heir := startWithout(t, "kill-young-heir", dir, c.lacking)
			heir.Expect("ready")
			var took []time.Duration
			for len(took) < rounds(50, 10) {
				owner := testproc.StartWith(t, func(x *exec.Cmd) { x.SysProcAttr = c.owner }, "kill-owner", dir)
				owner.Expect("owned")
				heir.Sayf("wait")
				heir.Expect("waiting")
				for c.later && !isBeingFenced(t, owner.PID()) && !isFenced(dir, owner.PID()) {
					runtime.Gosched()
				}
				young := !isFenced(dir, cmp.Or(c.pid, owner.PID()))
				begin := linux.Now()
				owner.Strike()
				var at int64
				heir.Receive(&at)
				if owner.Wait(); young {
					took = append(took, time.Duration(at-begin))
				}
			}
			heir.Exit()
			slices.Sort(took)
			median, worst := took[len(took)/2], took[len(took)-1]
			t.Logf("a waiter has the mutex %v after the death (median; worst %v)", median, worst)
			if median > time.Second || worst > 10*time.Second {
				t.Error("that is too slow on any machine")
			}
		})
	}
}

// rounds is how many there are, and how many with -short.
func rounds(all, short int) int {
	if testing.Short() {
		return short
	}
	return all
}

// skipUnstartable skips a test where no processes of a kind may be started.
func skipUnstartable(t *testing.T, attr *syscall.SysProcAttr) {
	t.Helper()
	try := exec.Command("/proc/self/exe", "-test.run=^$")
	try.SysProcAttr = attr
	if err := try.Run(); err != nil {
		t.Skip("not allowed here: ", err)
	}
}

// killYoungHeir waits for a mutex whenever it is told to, and tells when it got it.
func killYoungHeir(c *testproc.Child) {
	forbid(c, c.Args[1])
	m := must(open(c).CreateMutex("m", nil))
	c.Sayf("ready")
	for {
		c.Line()
		got := make(chan int64)
		go func() {
			abandoned, err := m.Lock(context.Background())
			at := linux.Now()
			if err != nil || !abandoned {
				c.Fatalf("abandoned %v, %v", abandoned, err)
			}
			got <- at
		}()
		for must(m.Info()).Waiters == 0 {
			runtime.Gosched()
		}
		c.Sayf("waiting")
		at := <-got
		wantNothing(c, "unlock", m.Unlock())
		c.Sayf("%d", at)
	}
}

// TestFenced: who lives is fenced before long, with no descriptor to be had, and is
// cleared up after like anybody else.
func TestFenced(t *testing.T) {
	skipUnfenceable(t)
	n := ownNamespace(t)
	p := testproc.Start(t, "kill-full", n.Dir())
	p.Expect("full")
	for end := within(t); !isFenced(n.Dir(), p.PID()); runtime.Gosched() {
		if end.Err() != nil {
			t.Fatal("it is not fenced")
		}
	}
	p.Kill()
	must(n.Objects())
	if isFenced(n.Dir(), p.PID()) {
		t.Error("whoever has its slot next is taken for fenced")
	}
}

// TestFencedAtOnce: where there is no slow barrier for those who die young, nobody is
// young.
func TestFencedAtOnce(t *testing.T) {
	skipUnfenceable(t)
	p := startWithout(t, "fenced-at-once", hostileDir(t), "the query of membarrier")
	p.Expect("fenced: true")
	p.Exit()
}

func fencedAtOnce(c *testproc.Child) {
	forbid(c, c.Args[1])
	n := open(c)
	c.Sayf("fenced: %v", isFenced(n.Dir(), os.Getpid()))
	c.Line()
}

// skipUnfenceable skips a test where the kernel has no barriers.
func skipUnfenceable(t *testing.T) {
	t.Helper()
	fenced := make(chan struct{})
	linux.WhenFenced(func() { close(fenced) })
	select {
	case <-fenced:
	case <-time.After(time.Second):
		t.Skip("the kernel has no barriers")
	}
}

// isBeingFenced reports whether a thread of a process is in the kernel for that.
func isBeingFenced(t *testing.T, pid int) bool {
	t.Helper()
	for _, path := range must(filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))) {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrPermission) {
			t.Skip("not allowed here: ", err)
		}
		if strings.HasPrefix(string(text), fmt.Sprint(unix.SYS_MEMBARRIER, " ")) {
			return true
		}
	}
	return false
}

// isFenced reports whether the segment says that barriers reach a process; see
// docs/segment-format.md.
func isFenced(dir string, pid int) bool {
	f := must(os.Open(filepath.Join(dir, "segment")))
	defer f.Close()
	const slots, size, count = 143360, 128, 32
	b := make([]byte, size*count)
	must(f.ReadAt(b, slots))
	for ; len(b) > 0; b = b[size:] {
		mark, generation := binary.LittleEndian.Uint32(b[20:]), binary.LittleEndian.Uint32(b[24:])
		if binary.LittleEndian.Uint32(b[32:]) == uint32(pid) {
			return mark == ^generation
		}
	}
	return false
}
