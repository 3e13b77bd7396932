//go:build linux

package linux

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	helpers["headless"] = helpHeadless
	helpers["fat"] = helpFat
	helpers["slow barriers"] = helpSlowBarriers
	helpers["ask without descriptors"] = helpAskWithoutDescriptors
	helpers["pid space"] = func(in *bufio.Scanner, _ []string) {
		fmt.Println(PIDSpace())
		in.Scan()
	}
}

// needHandles skips a test where there are no process handles.
func needHandles(t *testing.T) {
	t.Helper()
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Skip("SKIPPED:", err)
	}
	unix.Close(fd)
}

// TestEnded: it has not ended while it lives, but as a zombie, and when that is gone.
func TestEnded(t *testing.T) {
	needHandles(t)
	c := start(t, "noop", nil)
	pid := c.cmd.Process.Pid
	begin := Now()
	if Ended(pid, 5*time.Millisecond) {
		t.Fatal("a process that lives has ended")
	}
	if took := time.Duration(Now() - begin); took < 5*time.Millisecond {
		t.Errorf("it was waited for %v only", took)
	}
	must(t, c.cmd.Process.Signal(syscall.SIGKILL))
	if !Ended(pid, limit) {
		t.Error("a process that was killed has not ended")
	}
	if !Ended(pid, 0) {
		t.Error("a zombie has not ended")
	}
	if Ended(pid+1<<32, 0) {
		t.Error("a number that is too large is taken for another")
	}
	c.wait()
	if !Ended(pid, 0) {
		t.Error("a process that was collected has not ended")
	}
}

// TestEndedNobody: what cannot be the number of a dead process is not known.
func TestEndedNobody(t *testing.T) {
	thread := make(chan int)
	go func() {
		runtime.LockOSThread()
		thread <- unix.Gettid()
		thread <- 0
	}()
	numbers := []int{0, -1, -1 << 31, 1 << 31, 1<<62 + 1, os.Getpid()}
	if id := <-thread; id != os.Getpid() {
		numbers = append(numbers, id)
	}
	for _, pid := range numbers {
		if Ended(pid, 0) {
			t.Errorf("%d has ended", pid)
		}
	}
	<-thread
}

// TestEndedThreads: a process has not ended when its first thread has.
func TestEndedThreads(t *testing.T) {
	needHandles(t)
	c := start(t, "headless", nil)
	c.expect("headless")
	if Ended(c.cmd.Process.Pid, 5*time.Millisecond) {
		t.Error("a process has ended whose threads run")
	}
	must(t, c.cmd.Process.Signal(syscall.SIGKILL))
	if !Ended(c.cmd.Process.Pid, limit) {
		t.Error("it has not ended with all threads")
	}
	c.wait()
}

// helpHeadless ends its first thread and goes on.
func helpHeadless(in *bufio.Scanner, _ []string) {
	go func() {
		for stat := ""; !strings.Contains(stat, ") Z "); runtime.Gosched() {
			text, _ := os.ReadFile("/proc/self/stat")
			stat = string(text)
		}
		fmt.Println("headless")
		in.Scan()
		os.Exit(0)
	}()
	for ; ; runtime.Gosched() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0)
		}
		runtime.UnlockOSThread()
	}
}

// TestEndedFat: it is seen that a process runs no more before it has given its memory
// back, which is when its handle can be read.
func TestEndedFat(t *testing.T) {
	endedWhile(t, "fat", func(p *Process) bool {
		exited, err := p.Exited()
		must(t, err)
		return !exited
	})
}

// TestEndedInKernel: it is seen although a thread of it does not come out of the kernel.
func TestEndedInKernel(t *testing.T) {
	if !hasSlowBarrier() {
		t.Skip("SKIPPED: nothing to be in the kernel for")
	}
	endedWhile(t, "slow barriers", func(p *Process) bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.PID()))
		must(t, err)
		return slices.ContainsFunc(threads, func(path string) bool {
			text, _ := os.ReadFile(path)
			return strings.Contains(string(text), ") D ")
		})
	})
}

// endedWhile kills helpers, one of which at least must be seen to have ended while
// something is so. On one processor, and on a busy machine, few are looked at in time.
func endedWhile(t *testing.T, helper string, isSo func(p *Process) bool) {
	needHandles(t)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		c := start(t, helper, nil)
		c.expect("ready")
		p := openProcess(t, c.cmd.Process.Pid)
		must(t, c.cmd.Process.Signal(syscall.SIGKILL))
		if !Ended(p.PID(), limit) {
			t.Fatal("it has not ended")
		}
		yes := isSo(p)
		c.wait()
		if yes {
			return
		}
	}
	t.Error("it was waited for longer")
}

// helpSlowBarriers is in the kernel most of the time.
func helpSlowBarriers(in *bufio.Scanner, _ []string) {
	go func() {
		for {
			SlowBarrier()
		}
	}()
	fmt.Println("ready")
	in.Scan()
}

// helpFat has memory that takes long to give back.
func helpFat(in *bufio.Scanner, _ []string) {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANON
	mem, err := unix.Mmap(-1, 0, 128<<20, unix.PROT_READ|unix.PROT_WRITE, flags)
	check(err)
	unix.Madvise(mem, unix.MADV_NOHUGEPAGE)
	for i := 0; i < len(mem); i += 4096 {
		mem[i] = 1
	}
	fmt.Println("ready")
	in.Scan()
}

// TestEndedWithoutDescriptors: who has no descriptors left cannot tell.
func TestEndedWithoutDescriptors(t *testing.T) {
	needHandles(t)
	dead := start(t, "noop", nil)
	must(t, dead.cmd.Process.Signal(syscall.SIGKILL))
	if !Ended(dead.cmd.Process.Pid, limit) {
		t.Error("it has not ended")
	}
	c := start(t, "ask without descriptors", nil, strconv.Itoa(dead.cmd.Process.Pid))
	c.expect("false")
	c.in.Close()
	c.wait()
	dead.wait()
}

func helpAskWithoutDescriptors(in *bufio.Scanner, args []string) {
	pid, err := strconv.Atoi(args[0])
	if err == nil {
		err = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: 0})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(Ended(pid, time.Second))
	in.Scan()
}

// TestPIDSpace: processes say the same if their numbers mean the same.
func TestPIDSpace(t *testing.T) {
	if _, err := os.Stat("/proc/self/ns/pid"); err != nil {
		if PIDSpace() != 0 {
			t.Error("known without /proc")
		}
		t.Skip("SKIPPED:", err)
	}
	if PIDSpace() == 0 {
		t.Fatal("not known")
	}
	if here, got := fmt.Sprint(PIDSpace()), spaceOf(t, nil); got != here {
		t.Errorf("here it is %s, in a child %s", here, got)
	}
}

// TestPIDSpaceOfAnother: it differs in another pid namespace.
func TestPIDSpaceOfAnother(t *testing.T) {
	apart := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	try := exec.Command("/proc/self/exe", "-test.run=^$")
	try.SysProcAttr = apart
	if err := try.Run(); err != nil {
		t.Skip("SKIPPED:", err)
	}
	if got := spaceOf(t, apart); got == fmt.Sprint(PIDSpace()) {
		t.Errorf("it is %s as well", got)
	}
}

// spaceOf is the pid namespace of a child.
func spaceOf(t *testing.T, attr *syscall.SysProcAttr) string {
	t.Helper()
	c := start(t, "pid space", func(c *exec.Cmd) { c.SysProcAttr = attr })
	defer c.wait()
	defer c.in.Close()
	return c.line()
}
