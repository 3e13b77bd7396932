//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
	"golang.org/x/sys/unix"
)

func init() {
	testproc.Register("without-victim", withoutVictim)
	testproc.Register("without-witness", withoutWitness)
	testproc.Register("without-handles", withoutHandles)
}

// A systemCall is one that may be lacking, with any first argument or a certain one.
type systemCall struct{ number, first uint32 }

const anyArgument = 1<<32 - 1

// systemCalls are those that old kernels and some sandboxes lack.
var systemCalls = map[string]systemCall{
	"set_robust_list":         {unix.SYS_SET_ROBUST_LIST, anyArgument},
	"futex_waitv":             {unix.SYS_FUTEX_WAITV, anyArgument},
	"membarrier":              {unix.SYS_MEMBARRIER, anyArgument},
	"the query of membarrier": {unix.SYS_MEMBARRIER, 0},
	"its slow barrier":        {unix.SYS_MEMBARRIER, 1},
	"pidfd_open":              {unix.SYS_PIDFD_OPEN, anyArgument},
}

// filter are the instructions that refuse the call. The number of the call is
// loaded before them, and after.
func (s systemCall) filter() []unix.SockFilter {
	refuse := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}
	unless := func(value uint32, skipped uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: skipped, K: value}
	}
	if s.first == anyArgument {
		return []unix.SockFilter{unless(s.number, 1), refuse}
	}
	const firstArgument = 16
	return []unix.SockFilter{unless(s.number, 3), load(firstArgument), unless(s.first, 1), refuse, load(0)}
}

// load loads a word of what the kernel tells of a call.
func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

// forbid takes the system calls that are named in a comma-separated list away
// from this process, as a sandbox does: from now on the kernel does not know
// them. It says so when the system has no such filters.
func forbid(c *testproc.Child, names string) {
	if names == "" {
		c.Sayf("forbidden")
		return
	}
	filter := []unix.SockFilter{load(0)}
	for name := range strings.SplitSeq(names, ",") {
		filter = append(filter, systemCalls[name].filter()...)
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	if err := install(filter); err != nil {
		c.Sayf("this system has no filters of system calls: %v", err)
		c.Line()
	}
	for name := range strings.SplitSeq(names, ",") {
		call := systemCalls[name]
		if _, _, errno := syscall.RawSyscall(uintptr(call.number), uintptr(call.first), 0, 0); errno != syscall.ENOSYS {
			c.Fatalf("%s is still there: %v", name, errno)
		}
	}
	c.Sayf("forbidden")
}

// install puts a filter before all threads of this process.
func install(filter []unix.SockFilter) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}

// startWithout starts a child without the system calls that are named.
func startWithout(t *testing.T, name, dir, calls string) *testproc.Proc {
	t.Helper()
	p := testproc.Start(t, name, dir, calls)
	if line := p.Line(); line != "forbidden" {
		p.Exit()
		t.Skip(line)
	}
	return p
}

// TestWithoutSystemCalls: where the kernel lacks what deaths are noticed by,
// they are noticed all the same, in a crowd of which some or all lack it, and
// everything else works.
func TestWithoutSystemCalls(t *testing.T) {
	for _, calls := range []string{"set_robust_list", "futex_waitv", "membarrier", "the query of membarrier", "its slow barrier", "pidfd_open", "set_robust_list,futex_waitv,membarrier", "pidfd_open,membarrier"} {
		for _, who := range []struct{ name, witness, victim string }{
			{"all", calls, calls}, {"the one that dies", "", calls}, {"the one that lives", calls, ""},
		} {
			t.Run(calls+"/"+who.name, func(t *testing.T) {
				t.Parallel()
				dir := hostileDir(t)
				witness := startWithout(t, "without-witness", dir, who.witness)
				witness.Expect("ready")
				victim := startWithout(t, "without-victim", dir, who.victim)
				victim.Expect("holding")
				witness.Sayf("wait")
				witness.Expect("waiting")
				victim.Kill()
				t.Log(witness.Line())
				witness.Kill()
				wantEmpty(t, dir)
			})
		}
	}
}

// wantEmpty checks that those who were killed have left nothing.
func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	n := must(ipc.OpenNamespace(dir, nil))
	defer n.Close()
	if list := must(n.Objects()); len(list) != 0 {
		t.Errorf("objects are left: %v", list)
	}
}

// withoutVictim works, and then takes what it will die with.
func withoutVictim(c *testproc.Child) {
	forbid(c, c.Args[1])
	n := open(c)
	s := must(n.OpenSemaphore("reclaimed"))
	for range 3 {
		wantNothing(c, "acquire", s.Acquire(context.Background()))
	}
	must(must(n.OpenMutex("taken")).Lock(context.Background()))
	must(n.CreateEvent("mine", nil))
	e := must(n.OpenEvent("next"))
	go e.Wait(context.Background())
	for must(e.Info()).Waiters == 0 {
		runtime.Gosched()
	}
	c.Sayf("holding")
	c.Line()
}

// withoutWitness works, and then waits for what the victim has.
func withoutWitness(c *testproc.Child) {
	forbid(c, c.Args[1])
	n := open(c)
	work(c, n)
	s := must(n.CreateSemaphore("reclaimed", &ipc.SemaphoreOptions{Initial: 3, Max: 3, ReclaimOnExit: true}))
	m, next := must(n.CreateMutex("taken", nil)), must(n.CreateEvent("next", nil))
	c.Sayf("ready")
	c.Line()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	got := make(chan error, 2)
	go func() {
		abandoned, err := m.Lock(ctx)
		if err == nil && !abandoned {
			err = errors.New("not told that it was abandoned")
		}
		got <- err
	}()
	go func() { got <- s.Acquire(ctx) }()
	for must(m.Info()).Waiters == 0 || must(s.Info()).Waiters == 0 {
		runtime.Gosched()
	}
	c.Sayf("waiting")
	begin := time.Now()
	wantNothing(c, "first wait", <-got)
	wantNothing(c, "second wait", <-got)
	took := time.Since(begin)
	for i := range 2 {
		if !must(s.TryAcquire()) {
			c.Fatalf("%d permits are back, not 3", i+1)
		}
	}
	_, err := n.OpenEvent("mine")
	wantError(c, "open what died", err, ipc.ErrNotExist)
	wantNothing(c, "set", next.Set())
	if !must(next.TryWait()) {
		c.Fatalf("the signal went to the dead")
	}
	work(c, n)
	c.Sayf("all was noticed within %v", took)
	c.Line()
}

// TestWithoutProcessHandles: a kernel before 5.3 cannot wait for processes, and
// says so.
func TestWithoutProcessHandles(t *testing.T) {
	p := startWithout(t, "without-handles", hostileDir(t), "pidfd_open")
	p.Expect("fine")
	p.Exit()
}

func withoutHandles(c *testproc.Child) {
	forbid(c, c.Args[1])
	parent := strconv.Itoa(os.Getppid())
	_, err := ipc.OpenProcess(os.Getppid())
	wantError(c, "open process", err, ipc.ErrUnsupported, "open process", parent, "no process handles")
	work(c, open(c))
	c.Sayf("fine")
	c.Line()
}
