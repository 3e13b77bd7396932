//go:build linux

package linux

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// helpers are what a child process, which is this test binary again, can be
// told to do. They end when their standard input does, so that none outlives
// the tests.
var helpers = map[string]func(in *bufio.Scanner, args []string){}

const helperVariable = "IPC_LINUX_TEST_HELPER"

func TestMain(m *testing.M) {
	name := os.Getenv(helperVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	help := helpers[name]
	if help == nil {
		fmt.Fprintln(os.Stderr, "no helper", name)
		os.Exit(2)
	}
	help(bufio.NewScanner(os.Stdin), os.Args[1:])
}

// A child is a running helper.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr strings.Builder
}

// limit is how long anything may take before a test gives up on it. Tests that
// pass never wait for it.
const limit = 30 * time.Second

// start runs a helper. Change, if any, changes the command before it is started.
func start(t *testing.T, name string, change func(*exec.Cmd), args ...string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command("/proc/self/exe", args...)}
	// The race detector would sleep for a second in every exit.
	c.cmd.Env = append(os.Environ(), helperVariable+"="+name, "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	c.cmd.Stderr = &c.stderr
	c.cmd.WaitDelay = limit
	in, err := c.cmd.StdinPipe()
	must(t, err)
	out, err := c.cmd.StdoutPipe()
	must(t, err)
	c.in, c.out = in, bufio.NewReader(out)
	if change != nil {
		change(c.cmd)
	}
	must(t, c.cmd.Start())
	t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			c.cmd.Process.Kill()
			c.cmd.Wait()
		}
		if t.Failed() && c.stderr.Len() > 0 {
			t.Logf("standard error of %s:\n%.4000s", name, &c.stderr)
		}
	})
	return c
}

// tell sends a line to the helper.
func (c *child) tell(line string) {
	c.t.Helper()
	_, err := fmt.Fprintln(c.in, line)
	must(c.t, err)
}

// line reads the next line that the helper writes, and fails the test when
// there is none in time.
func (c *child) line() string {
	c.t.Helper()
	timer := time.AfterFunc(limit, func() { c.cmd.Process.Kill() })
	defer timer.Stop()
	text, err := c.out.ReadString('\n')
	if err != nil {
		c.cmd.Wait()
		c.t.Fatalf("the helper ended (%v) instead of writing a line, with\n%.4000s", c.cmd.ProcessState, &c.stderr)
	}
	return strings.TrimSuffix(text, "\n")
}

// expect reads a line that must be want.
func (c *child) expect(want string) {
	c.t.Helper()
	if got := c.line(); got != want {
		c.t.Fatalf("the helper says %q, want %q", got, want)
	}
}

// wait waits for the helper to end by itself.
func (c *child) wait() *os.ProcessState {
	c.t.Helper()
	timer := time.AfterFunc(limit, func() { c.cmd.Process.Kill() })
	defer timer.Stop()
	c.cmd.Wait()
	return c.cmd.ProcessState
}

// kill ends the helper with SIGKILL and waits for it.
func (c *child) kill() {
	c.t.Helper()
	must(c.t, c.cmd.Process.Signal(syscall.SIGKILL))
	c.wait()
}

// shmDir returns a new directory on tmpfs with mode 0700.
func shmDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-linux-*")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// check ends a helper that met an error.
func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: needs root")
	}
}

// eventually calls condition until it holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !condition(); {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

const (
	testSize    = 1 << 20
	testReserve = 64 << 10
)

// testSegment opens the segment of a directory that only these tests use.
func testSegment(dir string) (*Segment, error) {
	d, err := OpenDir(dir, Access{}, true)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.OpenSegment(testSize, testReserve, fillNothing, believe)
}

func fillNothing([]byte) error { return nil }
func believe([]byte) error     { return nil }

// openTest is testSegment for a test, which closes it at the end.
func openTest(t testing.TB, dir string) *Segment {
	t.Helper()
	s, err := testSegment(dir)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}
