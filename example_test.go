//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
)

// anotherProcess is what another process that opens the namespace would have:
// to the objects it is one.
func anotherProcess(n *ipc.Namespace) *ipc.Namespace {
	other, err := ipc.OpenNamespace(n.Dir(), nil)
	if err != nil {
		log.Fatal(err)
	}
	return other
}

// One process at a time.
func Example() {
	m, err := ipc.CreateMutex("nightly-report", nil) // opens it if it exists
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	abandoned, err := m.Lock(context.Background()) // blocks while another process has it
	if err != nil {
		log.Fatal(err)
	}
	defer m.Unlock()
	if abandoned {
		fmt.Println("the last owner died: check what it left behind")
	}
	fmt.Println("one process at a time gets here")
}

// Only one instance of a program runs: the others see it and give up.
func Example_onlyOneInstance() {
	n, remove := exampleNamespace()
	defer remove()

	start := func(n *ipc.Namespace) {
		instance, err := n.CreateMutex("photo-importer", nil)
		if err != nil {
			log.Fatal(err)
		}
		// Not closed: the program is the instance until it ends, however it ends.
		locked, _, err := instance.TryLock()
		if err != nil {
			log.Fatal(err)
		}
		if !locked {
			fmt.Println("it is running already")
			return
		}
		fmt.Println("running")
	}

	first, second := anotherProcess(n), anotherProcess(n)
	start(first)
	start(second)
	first.Close() // it ends
	start(second)
	second.Close()
	// Output:
	// running
	// it is running already
	// running
}

// At most two of all processes encode at the same time.
func Example_limitConcurrency() {
	n, remove := exampleNamespace()
	defer remove()
	ctx := context.Background()
	var running, most atomic.Int32
	encode := func(file int) {
		now := running.Add(1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		time.Sleep(2 * time.Millisecond)
		running.Add(-1)
	}

	permits, err := n.CreateSemaphore("encoders", &ipc.SemaphoreOptions{
		Initial:       2,
		Max:           2,
		ReclaimOnExit: true, // a process that dies gives its permits back
	})
	if err != nil {
		log.Fatal(err)
	}
	defer permits.Close()

	encodeOne := func(file int) error {
		if err := permits.Acquire(ctx); err != nil {
			return err
		}
		defer permits.Release(1)
		encode(file)
		return nil
	}

	var all sync.WaitGroup
	for file := range 6 {
		all.Go(func() {
			if err := encodeOne(file); err != nil {
				log.Print(err)
			}
		})
	}
	all.Wait()
	fmt.Println("at most two at once:", most.Load() <= 2)
	// Output: at most two at once: true
}

// Workers get ready one by one and start together.
func Example_startTogether() {
	n, remove := exampleNamespace()
	defer remove()
	ctx := context.Background()
	const workers = 3

	// Everybody creates both, whoever comes first.
	ready, err := n.CreateSemaphore("ready", &ipc.SemaphoreOptions{Max: workers})
	if err != nil {
		log.Fatal(err)
	}
	defer ready.Close()
	start, err := n.CreateEvent("start", &ipc.EventOptions{ManualReset: true})
	if err != nil {
		log.Fatal(err)
	}
	defer start.Close()

	// A worker says that it is ready and waits, in one step.
	work := func() error {
		_, err := ipc.SignalAndWait(ctx, ready, start)
		return err
	}

	var started sync.WaitGroup
	for range workers {
		started.Go(func() {
			if err := work(); err != nil {
				log.Print(err)
			}
		})
	}

	// The starter waits for all of them and lets them go at once.
	for range workers {
		if err := ready.Acquire(ctx); err != nil {
			log.Fatal(err)
		}
	}
	if err := start.Set(); err != nil {
		log.Fatal(err)
	}

	started.Wait()
	fmt.Println(workers, "workers started")
	// Output: 3 workers started
}

// A timer that several processes share: each beat goes to one of them.
func Example_heartbeat() {
	n, remove := exampleNamespace()
	defer remove()
	ctx := context.Background()

	beat, err := n.CreateTimer("heartbeat", nil) // auto-reset: one wait per beat
	if err != nil {
		log.Fatal(err)
	}
	defer beat.Close()
	if err := beat.Set(0, 10*time.Millisecond); err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if err := beat.Wait(ctx); err != nil {
			log.Fatal(err)
		}
		fmt.Println("beat")
	}

	// Output:
	// beat
	// beat
	// beat
}

// One wait for a job, a stop signal and the end of a process.
func Example_jobOrStopOrExit() {
	n, remove := exampleNamespace()
	defer remove()
	ctx := context.Background()
	stop, err := n.CreateEvent("stop", &ipc.EventOptions{ManualReset: true})
	if err != nil {
		log.Fatal(err)
	}
	defer stop.Close()
	jobs, err := n.CreateSemaphore("jobs", &ipc.SemaphoreOptions{Initial: 2, Max: 1000})
	if err != nil {
		log.Fatal(err)
	}
	defer jobs.Close()
	child := exec.Command("sleep", "0.01")
	if err := child.Start(); err != nil {
		log.Fatal(err)
	}
	defer child.Wait()

	producer, err := ipc.OpenProcess(child.Process.Pid)
	if err != nil {
		log.Fatal(err)
	}
	defer producer.Close()
	for done := false; !done; {
		// Of several that are signalled the first in this list wins.
		r, err := ipc.WaitAny(ctx, stop, jobs, producer)
		if err != nil {
			log.Fatal(err)
		}
		switch r.Object {
		case stop:
			fmt.Println("told to stop")
			done = true
		case jobs:
			fmt.Println("a job")
		case producer:
			fmt.Println("no more jobs: their producer has ended")
			done = true
		}
	}

	// Output:
	// a job
	// a job
	// no more jobs: their producer has ended
}

// waitForMultipleObjects is WaitForMultipleObjects for ported code.
func waitForMultipleObjects(all bool, milliseconds uint32, objs ...ipc.Waitable) ipc.WaitCode {
	ctx := context.Background()
	if milliseconds != ipc.Infinite {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(milliseconds)*time.Millisecond)
		defer cancel()
	}
	if all {
		return ipc.CodeOf(ipc.WaitAll(ctx, objs...))
	}
	return ipc.CodeOf(ipc.WaitAny(ctx, objs...))
}

// Code that was written for WaitForMultipleObjects keeps its switch.
func ExampleCodeOf() {
	n, remove := exampleNamespace()
	defer remove()
	data, err := n.CreateEvent("data", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer data.Close()
	guard, err := n.CreateMutex("guard", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer guard.Close()

	look := func() {
		switch code := waitForMultipleObjects(false, 0, data, guard); {
		case code < ipc.WaitObject0+ipc.MaxWaitObjects:
			fmt.Println("object", code-ipc.WaitObject0)
		case code >= ipc.WaitAbandoned0 && code < ipc.WaitAbandoned0+ipc.MaxWaitObjects:
			fmt.Println("abandoned mutex", code-ipc.WaitAbandoned0)
		case code == ipc.WaitTimeout:
			fmt.Println("timeout")
		default:
			fmt.Println("failed")
		}
	}

	look() // the mutex is free, and locked by this
	look()
	data.Set()
	look()
	// Output:
	// object 1
	// timeout
	// object 0
}

// The owner of a mutex dies; the next one gets it and is told.
func Example_surviveTheOwner() {
	n, remove := exampleNamespace()
	defer remove()
	ctx := context.Background()
	repair := func() { fmt.Println("the last owner died: repairing") }
	work := func() { fmt.Println("working") }
	victim := anotherProcess(n)
	theirs, err := victim.CreateMutex("ledger", nil)
	if err != nil {
		log.Fatal(err)
	}
	theirs.Lock(ctx)

	ledger, err := n.CreateMutex("ledger", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer ledger.Close()

	victim.Close() // as if it had been killed

	abandoned, err := ledger.Lock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if abandoned {
		repair() // what the mutex protects may be half done
	}
	work()
	if err := ledger.Unlock(); err != nil {
		log.Fatal(err)
	}

	// Output:
	// the last owner died: repairing
	// working
}

// TestDocumentedCode makes sure that the Go code in the documents is the code
// of the examples, which compiles and runs.
func TestDocumentedCode(t *testing.T) {
	here := ""
	for _, name := range []string{"example_test.go", "example_mailslot_test.go", "example_inherit_test.go", "pipe_example_test.go", "examples/grpc/main.go"} {
		here += squeeze(read(t, name)) + "\n"
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```")
	for _, name := range []string{"README.md", "docs/cookbook.md"} {
		found := blocks.FindAllStringSubmatch(read(t, name), -1)
		if len(found) == 0 {
			t.Errorf("%s has no Go code", name)
		}
		for _, b := range found {
			code := b[1]
			// Of a program, what main does: an example cannot be a package main.
			if _, body, ok := strings.Cut(code, "\nfunc main() {\n"); ok {
				code = strings.TrimSuffix(strings.TrimSpace(body), "}")
			}
			if !strings.Contains(here, squeeze(code)) {
				t.Errorf("%s has code that is in no example:\n%s", name, code)
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// squeeze makes text independent of its indentation.
func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }
