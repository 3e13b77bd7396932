//go:build linux

package ipc_test

import (
	"context"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("dying-waiter", dyingWaiter)
	testproc.Register("dying-hog", dyingHog)
}

// pinThread keeps this goroutine's thread on processor 0.
func pinThread() error {
	runtime.LockOSThread()
	mask := [16]uint64{1}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	if errno != 0 {
		return errno
	}
	return nil
}

// dyingWaiter blocks on the event in a thread that only processor 0 may run.
func dyingWaiter(c *testproc.Child) {
	e := must(open(c).OpenEvent("e"))
	if err := pinThread(); err != nil {
		c.Fatalf("%v", err)
	}
	e.Wait(context.Background())
}

// dyingHog keeps processor 0 from all others for a while.
func dyingHog(c *testproc.Child) {
	const fifo = 1
	priority := int32(1)
	err := pinThread()
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, 0, fifo, uintptr(unsafe.Pointer(&priority)))
	if err != nil || errno != 0 {
		c.Sayf("cannot")
		c.Line()
	}
	c.Sayf("here")
	for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
	}
	c.Line()
}

// TestKillSleeper: a thread of a killed process that has not come to die yet
// does not use up a wake-up, though it sleeps in what is another's now.
func TestKillSleeper(t *testing.T) {
	if os.Geteuid() != 0 || runtime.NumCPU() < 2 {
		t.Skip("to keep a thread from dying takes root and a second processor")
	}
	n := ownNamespace(t)
	e := must(n.CreateEvent("e", nil))
	for range 5 {
		p := testproc.Start(t, "dying-waiter", n.Dir())
		untilWaiting(e, 1)
		hog := testproc.Start(t, "dying-hog")
		if hog.Line() == "cannot" {
			hog.Exit()
			p.Kill()
			t.Skip("real-time priority is not allowed here")
		}
		p.Strike()
		untilWaiting(e, 0)
		heir := must(ipc.OpenNamespace(n.Dir(), nil))
		mine := must(heir.OpenEvent("e"))
		woken := make(chan error, 1)
		go func() { woken <- mine.Wait(context.Background()) }()
		untilWaiting(e, 1)
		time.Sleep(time.Millisecond) // nothing tells when it sleeps; earlier than that the test shows nothing
		if err := e.Set(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-woken:
			if err != nil {
				t.Fatal(err)
			}
		case <-within(t).Done():
			t.Fatal("the heir's wait was granted and never woken")
		}
		heir.Close()
		hog.Exit()
		p.Wait()
	}
}

// untilWaiting waits until so many waits of the living are blocked.
func untilWaiting(e *ipc.Event, count int) {
	for must(e.Info()).Waiters != count {
		runtime.Gosched()
	}
}
