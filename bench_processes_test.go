//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/baseline"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("bench-echo", benchEcho)
	testproc.Register("bench-attached", benchAttached)
	testproc.Register("bench-owner", benchOwner)
	testproc.Register("bench-heir", benchHeir)
}

// pinProcess keeps all threads of this process, and those that they will
// start, on one processor; -1 means on all.
func pinProcess(cpu int) {
	mask := ^uint64(0)
	if cpu >= 0 {
		mask = 1 << cpu
	}
	tasks, _ := filepath.Glob("/proc/self/task/*")
	for _, t := range tasks {
		tid, _ := strconv.Atoi(filepath.Base(t))
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(tid), 8, uintptr(unsafe.Pointer(&mask)))
	}
}

// benchEcho answers one event with another, on its processor.
func benchEcho(c *testproc.Child) {
	n := open(c)
	cpu, _ := strconv.Atoi(c.Args[1])
	pinProcess(cpu)
	ping, pong := must(n.OpenEvent("ping")), must(n.OpenEvent("pong"))
	go func() {
		ctx := context.Background()
		for {
			if err := ping.Wait(ctx); err != nil {
				return
			}
			pong.Set()
		}
	}()
	c.Sayf("ready")
	c.Line()
}

// BenchmarkHandOff is a round trip of two processes that wait for each other,
// against that of two C programs that sleep in futexes, pinned alike. Across
// processors the waits find each other by spinning, so that they seldom sleep.
func BenchmarkHandOff(b *testing.B) {
	for _, run := range []struct {
		name string
		cpu  int
	}{{"same-core", 0}, {"across-cores", 1}} {
		b.Run(run.name, func(b *testing.B) { handOff(b, run.cpu) })
	}
}

func handOff(b *testing.B, cpu int) {
	c := baseline.Build(b)
	n := benchNamespace(b)
	ping, pong := must(n.CreateEvent("ping", nil)), must(n.CreateEvent("pong", nil))
	p := testproc.Start(b, "bench-echo", n.Dir(), strconv.Itoa(cpu))
	p.Expect("ready")
	defer p.Exit()
	pinProcess(0)
	defer pinProcess(-1)
	ctx := context.Background()
	const rounds, each = 7, 5000
	var ours, ratios []float64
	for range rounds {
		times := make([]float64, each)
		for i := range times {
			start := linux.Now()
			ping.Set()
			if err := pong.Wait(ctx); err != nil {
				b.Fatal(err)
			}
			times[i] = float64(linux.Now() - start)
		}
		t := median(times)
		ours = append(ours, t)
		ratios = append(ratios, t/c.Run(b, "pingpong", each, cpu))
	}
	b.ReportMetric(median(ours), "ns/trip")
	b.ReportMetric(median(ratios), "x-c")
	b.ReportMetric(0, "ns/op")
}

// benchAttached only uses the namespace.
func benchAttached(c *testproc.Child) {
	n := open(c)
	e := must(n.CreateEvent("", nil))
	go e.Wait(context.Background())
	c.Sayf("ready")
	c.Line()
}

// benchOwner locks the mutex and keeps it.
func benchOwner(c *testproc.Child) {
	n := open(c)
	m := must(n.OpenMutex("m"))
	if _, err := m.Lock(context.Background()); err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("owned")
	c.Line()
}

// benchHeir waits for the mutex, again and again, and tells when it got it.
func benchHeir(c *testproc.Child) {
	n := open(c)
	m := must(n.OpenMutex("m"))
	c.Sayf("ready")
	for {
		c.Line()
		abandoned, err := m.Lock(context.Background())
		at := linux.Now()
		if err != nil || !abandoned {
			c.Fatalf("locked: abandoned %v, %v", abandoned, err)
		}
		m.Unlock()
		c.Sayf("%d", at)
	}
}

// BenchmarkDeath is the time from SIGKILL of a mutex's owner until its waiter
// in another process has it, with so many processes attached.
func BenchmarkDeath(b *testing.B) {
	for _, attached := range []int{2, 10, 100} {
		b.Run(fmt.Sprint(attached), func(b *testing.B) { death(b, attached) })
	}
}

func death(b *testing.B, attached int) {
	n := benchNamespace(b)
	m := must(n.CreateMutex("m", nil))
	heir := testproc.Start(b, "bench-heir", n.Dir())
	heir.Expect("ready")
	defer heir.Exit()
	for range attached - 2 {
		p := testproc.Start(b, "bench-attached", n.Dir())
		p.Expect("ready")
		defer p.Exit()
	}
	const trials = 21
	var times []float64
	for range trials {
		owner := testproc.Start(b, "bench-owner", n.Dir())
		owner.Expect("owned")
		heir.Sayf("wait")
		untilWaiters(b, m, 1)
		start := linux.Now()
		owner.Kill()
		at, err := strconv.ParseInt(heir.Line(), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		times = append(times, float64(at-start)/1000)
	}
	b.ReportMetric(median(times), "µs-median")
	b.ReportMetric(maxOf(times), "µs-max")
	b.ReportMetric(0, "ns/op")
}

func maxOf(v []float64) float64 {
	m := v[0]
	for _, x := range v {
		m = max(m, x)
	}
	return m
}

// untilWaiters returns when so many waits are blocked on m.
func untilWaiters(tb testing.TB, m *ipc.Mutex, want int) {
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if i := must(m.Info()); i.Waiters == want {
			return
		}
		runtime.Gosched()
	}
	tb.Fatalf("there are not %d waiters", want)
}

// TestIdle: a process with blocked waits that nothing happens to makes no
// wake-ups.
func TestIdle(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	p := testproc.Start(t, "bench-attached", dir)
	p.Expect("ready")
	defer p.Exit()
	before := settledSwitches(t, p.PID())
	time.Sleep(2 * time.Second) // the time that is measured, not a synchronisation
	woken := switches(t, p.PID()) - before
	t.Logf("%d wake-ups in 2 s", woken)
	// The runtime's own housekeeping may wake up now and then.
	if woken > 10 {
		t.Errorf("an idle process woke up %d times in 2 s", woken)
	}
}

// settledSwitches waits until the process has come to rest.
func settledSwitches(t *testing.T, pid int) int {
	last := switches(t, pid)
	for range 100 {
		time.Sleep(100 * time.Millisecond) // the interval of the measurement
		now := switches(t, pid)
		if now == last {
			return now
		}
		last = now
	}
	t.Fatal("the process does not come to rest")
	return 0
}

// switches counts how often the threads of a process went to sleep.
func switches(t *testing.T, pid int) (sum int) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatalf("process %d: %v", pid, err)
	}
	for _, f := range files {
		text, _ := os.ReadFile(f)
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				k, _ := strconv.Atoi(strings.TrimSpace(rest))
				sum += k
			}
		}
	}
	return sum
}
