//go:build linux || windows

package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// limit is how long anything may take before a test gives up on it. Tests that
// pass never wait for it.
const limit = time.Minute

// asCommand in the environment makes the test binary the command ipc, so that
// tests and the demonstration can start it.
const asCommand = "IPC_CLI_TEST_AS_COMMAND"

// helpers are what a child of "ipc … run" can be: this test binary with the
// helper's name as its first argument.
var helpers = map[string]func(){
	// does nothing
	"helper-true": func() {},
	// says something on both outputs
	"helper-speak": func() {
		fmt.Println("out")
		fmt.Fprintln(os.Stderr, "err")
	},
	// ends with status 7
	"helper-seven": func() { os.Exit(7) },
	// says what it is told
	"helper-echo": func() { io.Copy(os.Stdout, os.Stdin) },
	// says that it runs, until its input ends
	"helper-cat": func() {
		fmt.Println("runs")
		io.Copy(io.Discard, os.Stdin)
	},
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if help := helpers[os.Args[1]]; help != nil {
			help()
			os.Exit(0)
		}
	}
	if os.Getenv(asCommand) != "" {
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// testDir makes a directory for a namespace: on tmpfs, on Linux.
func testDir(t testing.TB) string {
	t.Helper()
	return testproc.TempDir(t, demoParent)
}

// A result is what a run of the command in this process left.
type result struct {
	status   int
	out, err string
}

// inProcess runs the command in this process.
func inProcess(dir, in string, args ...string) result {
	var out, err bytes.Buffer
	args = append([]string{"--namespace", dir}, args...)
	status := Main(args, strings.NewReader(in), &out, &err)
	return result{status, out.String(), err.String()}
}

// must runs the command in this process, where it has to succeed, and returns
// what it prints.
func must(t testing.TB, dir string, args ...string) string {
	t.Helper()
	r := inProcess(dir, "", args...)
	if r.status != 0 {
		t.Fatalf("ipc %v ended with %d: %s", args, r.status, r.err)
	}
	return r.out
}

// A process is the command in a process of its own.
type process struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	err bytes.Buffer
}

// start runs the command in a process of its own, in a namespace, with an
// input that does not end.
func start(t testing.TB, dir string, args ...string) *process {
	t.Helper()
	p := prepare(t, append([]string{"--namespace", dir}, args...)...)
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.begin()
	return p
}

// prepare makes a process that is not started yet. It has a process group of
// its own, which is not in the foreground of a terminal.
func prepare(t testing.TB, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(self(t), args...)}
	// A process with the race detector would sleep for a second before it ends.
	p.cmd.Env = append(os.Environ(), asCommand+"=1", "GORACE=atexit_sleep_ms=0")
	p.cmd.Stderr = &p.err
	p.cmd.WaitDelay = limit
	apart(p.cmd)
	return p
}

func (p *process) begin() {
	p.t.Helper()
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.out = bufio.NewReader(out)
		err = p.cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
	})
}

func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// expect reads the next line that the process prints, which must be want.
func (p *process) expect(want string) {
	p.t.Helper()
	if got := p.line(); got != want {
		p.t.Fatalf("%v says %q, want %q; standard error: %s", p.cmd.Args, got, want, &p.err)
	}
}

// line reads the next line that the process prints; empty at the end.
func (p *process) line() string {
	p.t.Helper()
	defer p.giveUp()()
	line, err := p.out.ReadString('\n')
	if err != nil && err != io.EOF {
		p.t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

// giveUp kills the process when it is late.
func (p *process) giveUp() (stop func() bool) {
	return time.AfterFunc(limit, func() { p.cmd.Process.Kill() }).Stop
}

// ends reads the rest of the output and returns how the process ended.
func (p *process) ends() result {
	p.t.Helper()
	defer p.giveUp()()
	rest, err := io.ReadAll(p.out)
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd.Wait()
	return result{childStatus(p.cmd.ProcessState), string(rest), p.err.String()}
}

// endsWith checks how the process ends.
func (p *process) endsWith(status int, stderr string) {
	p.t.Helper()
	got := p.ends()
	if got.status != status || !strings.Contains(got.err, stderr) {
		p.t.Fatalf("%v ended with %d and %q, want %d and %q", p.cmd.Args, got.status, got.err, status, stderr)
	}
}

// kill ends the process as if by lightning, and checks what it has said.
func (p *process) kill(stderr string) {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	p.endsWith(statusOfKilled, stderr)
}

// keep runs a command that makes an object and keeps it open until the end of
// the test.
func keep(t testing.TB, dir string, args ...string) {
	t.Helper()
	p := start(t, dir, args...)
	p.line()
	t.Cleanup(func() {
		p.in.Close()
		p.endsWith(0, "")
	})
}

// lookUp returns what can be seen of an object from outside.
func lookUp(t testing.TB, dir, name string) (ipc.Info, bool) {
	t.Helper()
	a := &app{dir: dir}
	defer a.closeNamespace()
	o, ok, err := a.find(name)
	if err != nil {
		t.Fatal(err)
	}
	return o, ok
}

// untilWaiters returns once that many waits are blocked on an object.
func untilWaiters(t testing.TB, dir, name string, many int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d waits on %s", many, name), func() bool {
		o, _ := lookUp(t, dir, name)
		return o.Waiters == many
	})
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
