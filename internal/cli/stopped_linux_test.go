package cli

import (
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/linux"
)

// stop stops the process, and returns when it no longer runs.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGSTOP)
	var status syscall.WaitStatus
	_, err := syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	for err == syscall.EINTR {
		_, err = syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	}
	if err != nil || !status.Stopped() {
		p.t.Fatalf("it is not stopped: %#x, %v", status, err)
	}
}

// TestStopped: ls and show say who is stopped, for as long as it is.
func TestStopped(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		object string
		start  func(t *testing.T, dir string) *process
		// How often ls says it, show of the object, and either in JSON.
		inTable, inDetails, inJSON int
	}{
		{"owner", "mutex:m", func(t *testing.T, dir string) *process {
			p := start(t, dir, "mutex", "hold", "m")
			p.expect("locked mutex:m")
			return p
		}, 1, 2, 2},
		{"waiter", "event:e", func(t *testing.T, dir string) *process {
			p := start(t, dir, "event", "wait", "e", "--create")
			untilWaiters(t, dir, "e", 1)
			return p
		}, 0, 2, 2},
		{"reader", "mailslot:jobs", func(t *testing.T, dir string) *process {
			p := reading(t, dir, "jobs", "--follow")
			eventually(t, "it waits", func() bool {
				return strings.Contains(must(t, dir, "show", "mailslot:jobs"), "waits for it")
			})
			return p
		}, 1, 3, 3},
		{"server", "pipe:chat", func(t *testing.T, dir string) *process {
			return serving(t, dir, "chat")
		}, 1, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := testDir(t)
			p := test.start(t, dir)
			looks := []struct {
				args, says string
				times      int
			}{
				{"ls", "(stopped)", test.inTable},
				{"show " + test.object, "(stopped)", test.inDetails},
				{"ls --json", `"stopped":true`, test.inJSON},
				{"show --json " + test.object, `"stopped":true`, test.inJSON},
			}
			look := func(stopped bool) {
				t.Helper()
				for _, l := range looks {
					text, want := must(t, dir, strings.Fields(l.args)...), 0
					if stopped {
						want = l.times
					}
					if got := strings.Count(text, l.says); got != want || !stopped && strings.Contains(text, "stopped") {
						t.Errorf("%s says %s %d times, want %d:\n%s", l.args, l.says, got, want, text)
					}
				}
			}
			look(false)
			p.stop()
			look(true)
			p.signal(syscall.SIGCONT)
			look(false)
			p.kill("")
		})
	}
}

// TestStoppedOrAnother: it is not said of a process that may be another than the
// one that has an object open.
func TestStoppedOrAnother(t *testing.T) {
	t.Parallel()
	p := start(t, testDir(t), "event", "create", "e")
	p.expect("created event:e")
	p.stop()
	pid := p.cmd.Process.Pid
	command := linux.CommandOf(pid)
	for _, other := range []ipc.ProcessInfo{{PID: pid}, {PID: pid, Command: command + "x"}, {PID: 0, Command: command}} {
		if isStopped(other) {
			t.Errorf("%+v is said to be stopped", other)
		}
	}
	if !isStopped(ipc.ProcessInfo{PID: pid, Command: command}) {
		t.Error("the one that is stopped is not found")
	}
	p.signal(syscall.SIGCONT)
	p.kill("")
}

// TestStoppedByDebugger: a debugger stops a process without a signal of its own.
func TestStoppedByDebugger(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	p := start(t, dir, "mutex", "hold", "m")
	p.expect("locked mutex:m")
	pid := p.cmd.Process.Pid
	runtime.LockOSThread() // which is the debugger
	defer runtime.UnlockOSThread()
	if err := syscall.PtraceAttach(pid); err != nil {
		t.Skip("SKIPPED:", err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, syscall.WALL, nil); err != nil || !status.Stopped() {
		t.Fatalf("it is not stopped: %#x, %v", status, err)
	}
	if text := must(t, dir, "ls"); !strings.Contains(text, "(stopped)") {
		t.Errorf("in a debugger, ls says\n%s", text)
	}
	if err := syscall.PtraceDetach(pid); err != nil {
		t.Fatal(err)
	}
	if text := must(t, dir, "ls"); strings.Contains(text, "(stopped)") {
		t.Errorf("without the debugger, ls says\n%s", text)
	}
	p.kill("")
}

// TestStoppedElsewhere: a process in a pid namespace of its own calls itself 1. What
// has its number here is not it.
func TestStoppedElsewhere(t *testing.T) {
	t.Parallel()
	apart := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	try := exec.Command("/proc/self/exe", "helper-true")
	try.SysProcAttr = apart
	if err := try.Run(); err != nil {
		t.Skip("SKIPPED:", err)
	}
	dir := testDir(t)
	p := prepare(t, "--namespace", dir, "mutex", "hold", "m")
	p.cmd.SysProcAttr = apart
	p.begin()
	p.expect("locked mutex:m")
	p.stop()
	pid := p.cmd.Process.Pid
	if o, _ := lookUp(t, dir, "m"); o.Owner == nil || o.Owner.PID != 1 {
		t.Errorf("the owner is %+v", o.Owner)
	}
	if !halted(pid) || isStopped(ipc.ProcessInfo{PID: pid, Command: linux.CommandOf(pid)}) {
		t.Error("it is taken for one that has its number here")
	}
	if text := must(t, dir, "show", "mutex:m"); strings.Contains(text, "stopped") {
		t.Errorf("show says\n%s", text)
	}
	p.signal(syscall.SIGCONT)
	p.kill("")
}

// TestServerElsewhere: a process that has the number of a pipe's server, and does
// not serve it, lends it no name.
func TestServerElsewhere(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	server := serving(t, dir, "chat")
	other := start(t, dir, "event", "create", "e")
	other.expect("created event:e")
	p := *pipeOf(dir, "chat")
	if got := serverOf(&p); got.PID != server.cmd.Process.Pid || got.Command == "" {
		t.Errorf("the server is %+v", got)
	}
	p.ServerPID = other.cmd.Process.Pid
	if got := serverOf(&p); got.Command != "" {
		t.Errorf("another process is %+v", got)
	}
	other.kill("")
	server.kill("")
}
