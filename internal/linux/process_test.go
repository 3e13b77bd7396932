//go:build linux

package linux

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

func openProcess(t *testing.T, pid int) *Process {
	t.Helper()
	p, err := OpenProcess(pid)
	must(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

func TestProcessWait(t *testing.T) {
	c := start(t, "noop", nil)
	p := openProcess(t, c.cmd.Process.Pid)
	if exited, err := p.Exited(); exited || err != nil {
		t.Fatalf("Exited() of a live process = %v, %v", exited, err)
	}
	const waits = 20
	done := make(chan error, waits)
	for range waits {
		go func() { done <- p.Wait(context.Background()) }()
	}
	c.in.Close() // nobody collects it yet
	for range waits {
		must(t, <-done)
	}
	if exited, err := p.Exited(); !exited || err != nil {
		t.Errorf("Exited() of a zombie = %v, %v", exited, err)
	}
	c.wait()
	must(t, p.Wait(context.Background()))
	if exited, err := p.Exited(); !exited || err != nil {
		t.Errorf("Exited() of a collected process = %v, %v", exited, err)
	}
	if _, err := OpenProcess(c.cmd.Process.Pid); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open after the end: %v, want ErrNotExist", err)
	}
}

func TestProcessWaitEndsWithItsContext(t *testing.T) {
	p := openProcess(t, os.Getpid())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := p.Wait(ctx); err != context.DeadlineExceeded {
		t.Errorf("%v, want DeadlineExceeded", err)
	}
	if exited, err := p.Exited(); exited || err != nil { // still usable
		t.Errorf("Exited() = %v, %v", exited, err)
	}
}

// A waiting process costs no thread, and a close ends its watch.
func TestProcessWaitEndsWithClose(t *testing.T) {
	before := len(threads(t))
	processes := make([]*Process, 50)
	done := make(chan error, len(processes))
	for i := range processes {
		processes[i] = openProcess(t, os.Getpid())
		go func() { done <- processes[i].Wait(context.Background()) }()
	}
	eventually(t, "the watches to begin", func() bool { return watchesInPoller() == len(processes) })
	// On a busy machine the runtime starts some of its own.
	if n := len(threads(t)) - before; n > len(processes)/2 {
		t.Errorf("%d waits have started %d threads", len(processes), n)
	}
	for _, p := range processes {
		must(t, p.Close())
		must(t, p.Close())
	}
	for range processes {
		if err := <-done; !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
	}
	eventually(t, "the watches to end", func() bool { return watchesInPoller() == 0 })
	if _, err := processes[0].Exited(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Exited after Close: %v, want ErrClosed", err)
	}
}

// watchesInPoller counts the goroutines that the runtime's poller will wake.
func watchesInPoller() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "[IO wait") && strings.Contains(stack, ".watchExit(") {
			n++
		}
	}
	return n
}

func TestOpenProcessThatIsNone(t *testing.T) {
	for _, pid := range []int{1<<22 + 1, 0, -1} {
		if _, err := OpenProcess(pid); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("pid %d: %v, want ErrNotExist", pid, err)
		}
	}
}

func TestCommand(t *testing.T) {
	if SelfCommand() == "" || CommandOf(os.Getpid()) != SelfCommand() {
		t.Errorf("CommandOf(self) = %q, SelfCommand() = %q", CommandOf(os.Getpid()), SelfCommand())
	}
	if got := CommandOf(1<<22 + 1); got != "" {
		t.Errorf("CommandOf(nobody) = %q", got)
	}
	c := start(t, "noop", nil)
	must(t, c.cmd.Process.Signal(syscall.SIGKILL))
	p := openProcess(t, c.cmd.Process.Pid)
	must(t, p.Wait(context.Background()))
	if got := CommandOf(c.cmd.Process.Pid); got == "" {
		t.Error("a zombie has no name")
	}
}

func TestCommandNameIsFitToShow(t *testing.T) {
	for path, want := range map[string]string{
		"/usr/bin/thing":        "thing",
		"-bash":                 "-bash",
		"":                      "",
		"two words\n":           "two words",
		"a\x1b[2Jb\xff":         "a?[2Jb?",
		strings.Repeat("x", 80): strings.Repeat("x", MaxCommand),
		strings.Repeat("é", 40): strings.Repeat("é", MaxCommand/2),
		"/":                     "/",
	} {
		got := commandName(path)
		if got != want || len(got) > MaxCommand || !utf8.ValidString(got) {
			t.Errorf("commandName(%q) = %q, want %q", path, got, want)
		}
	}
}
