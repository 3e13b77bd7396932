package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/winsys-go/ipc/internal/linux"
)

const unixSockets = true

// slowness is by how much less is measured, for it all to end in time.
const slowness = 1

// now is a clock that all processes share.
func now() int64 { return linux.Now() }

// apart keeps a terminal's signals from a child: who started it ends it.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// pin keeps all threads of this process, and those that they will start, on
// one processor.
func pin(cpu int) {
	mask := uint64(1) << cpu
	tasks, _ := filepath.Glob("/proc/self/task/*")
	for _, t := range tasks {
		tid, _ := strconv.Atoi(filepath.Base(t))
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(tid), 8, uintptr(unsafe.Pointer(&mask)))
	}
}

// status reads a number from the status of a process or one of its threads.
func status(path, field string) (n int) {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			n, _ = strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return n
}

// threads counts the threads of this process.
func threads() int { return status("/proc/self/status", "Threads") }

// resident is the memory of this process, shared memory included.
func resident() int { return status("/proc/self/status", "VmRSS") << 10 }

// wakeUps counts how often the threads of a process have come to rest, and the
// time that they have used.
func wakeUps(pid int) (count int, cpu time.Duration) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, t := range tasks {
		count += status(filepath.Join(t, "status"), "voluntary_ctxt_switches")
		used, _ := os.ReadFile(filepath.Join(t, "schedstat"))
		if fields := strings.Fields(string(used)); len(fields) > 0 {
			ns, _ := strconv.Atoi(fields[0])
			cpu += time.Duration(ns)
		}
	}
	return count, cpu
}

// idle watches a process for a time, after it has come to rest.
func idle(pid int, span time.Duration) Values {
	const interval = 100 * time.Millisecond
	last, _ := wakeUps(pid)
	for range 100 {
		time.Sleep(interval) // what is measured is that nothing happens in it
		now, _ := wakeUps(pid)
		if now == last {
			break
		}
		last = now
	}
	count, used := wakeUps(pid)
	time.Sleep(span) // the same
	countAfter, usedAfter := wakeUps(pid)
	return Values{"wake-ups": float64(countAfter - count), "CPU time": float64(usedAfter - used)}
}
