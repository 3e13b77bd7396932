//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("crowd", crowd) }

// threads counts the threads of this process.
func threads() int {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "Threads:"); ok {
			k, _ := strconv.Atoi(strings.TrimSpace(rest))
			return k
		}
	}
	return -1
}

// crowd blocks many goroutines on 1,000 events, half of them manual-reset, and
// releases some one by one and the rest all together. It answers with the most
// threads that it saw.
func crowd(c *testproc.Child) {
	count, _ := strconv.Atoi(c.Args[1])
	n := open(c)
	events := make([]*ipc.Event, 1000)
	for i := range events {
		events[i] = must(n.CreateEvent(fmt.Sprint("crowd", i), &ipc.EventOptions{ManualReset: i%2 == 0}))
	}
	var done sync.WaitGroup
	begin := time.Now()
	for i := range count {
		done.Go(func() {
			if err := events[i%1000].Wait(context.Background()); err != nil {
				c.Fatalf("%v", err)
			}
		})
	}
	for _, e := range events {
		for must(e.Info()).Waiters < count/1000 {
			runtime.Gosched()
		}
	}
	blocked, most := time.Since(begin), threads()
	begin = time.Now()
	for i := 1; i < 100; i += 2 { // one by one
		for range count / 1000 {
			events[i].Set()
		}
	}
	single := time.Since(begin)
	most = max(most, threads())
	begin = time.Now()
	for i, e := range events { // all together
		if i%2 == 0 {
			e.Set()
		}
		for range count / 1000 * (i % 2) {
			if i >= 100 {
				e.Set()
			}
		}
	}
	done.Wait()
	most = max(most, threads())
	c.Sayf("%d threads; %d waits blocked in %v, %d released one by one in %v, all others in %v",
		most, count, blocked, 50*count/1000, single, time.Since(begin))
}

// TestCrowd: 100,000 blocked goroutines cost a handful of threads.
func TestCrowd(t *testing.T) {
	count, limit := 100_000, 20
	if raceEnabled {
		count, limit = 10_000, 64 // the detector's own costs come on top
	}
	// On a machine that is busy with other tests the runtime itself starts
	// threads to replace those that wait for a processor, and never ends them.
	// Those of the waits are there in every process: any one shows the bound.
	for try := 1; ; try++ {
		p := testproc.Start(t, "crowd", ownNamespace(t).Dir(), strconv.Itoa(count))
		line := p.Line()
		p.Exit()
		t.Log(line)
		var most int
		fmt.Sscanf(line, "%d threads", &most)
		if most < limit {
			return
		}
		if try == 5 {
			t.Fatalf("%d threads, want less than %d", most, limit)
		}
	}
}
