//go:build linux || windows

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// Tests with processes. Readiness is a line that a process prints, or what can
// be seen of the object that it waits for.

func TestMutexRunExcludes(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	first := start(t, dir, "mutex", "run", "m", "--", self(t), "helper-cat")
	first.expect("runs")

	owner := first.cmd.Process.Pid
	r := inProcess(dir, "", "mutex", "run", "m", "--timeout", "0", "--", self(t), "helper-true")
	want := "was not free"
	if tellsOwners() {
		want = fmt.Sprintf("which %d ", owner)
	}
	if r.status != exitTimedOut || !strings.Contains(r.err, want) {
		t.Errorf("the second ended with %d and %q, want %d and %q", r.status, r.err, exitTimedOut, want)
	}

	second := start(t, dir, "mutex", "run", "m", "--", self(t), "helper-cat")
	untilWaiters(t, dir, "m", 1)
	first.in.Close()
	first.endsWith(0, "")
	second.expect("runs")
	second.in.Close()
	if r := second.ends(); r.status != 0 || r.err != "" {
		t.Errorf("the second ended with %d and %q", r.status, r.err)
	}
}

func TestMutexRunTellsOfTheDead(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	owner := start(t, dir, "mutex", "run", "m", "--", self(t), "helper-cat")
	owner.expect("runs")
	next := start(t, dir, "mutex", "run", "m", "--", self(t), "helper-cat")
	untilWaiters(t, dir, "m", 1)
	// The child of the killed one has its output, which ends with the child.
	owner.kill("")
	next.expect("runs")
	next.in.Close()
	next.endsWith(0, `ipc: mutex "m" was abandoned: its last owner ended without unlocking it`)
}

func TestAbandonedInJSON(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"mutex", "hold", "m", "--json"}, `{"object":"mutex:m","type":"mutex","name":"m","action":"locked","abandoned":true}`},
		{[]string{"wait", "mutex:m", "--json"}, `{"action":"fired","all":false,"object":"mutex:m","type":"mutex","name":"m","index":0,"abandoned":["mutex:m"],"code":128}`},
		{[]string{"wait", "--all", "mutex:m", "--json"}, `{"action":"fired","all":true,"index":0,"objects":["mutex:m"],"abandoned":["mutex:m"],"code":128}`},
	} {
		owner := start(t, dir, "mutex", "hold", "m")
		owner.expect("locked mutex:m")
		next := start(t, dir, test.args...)
		untilWaiters(t, dir, "m", 1)
		owner.kill("")
		next.expect(test.want)
		next.in.Close()
		next.endsWith(0, "was abandoned")
	}
}

func TestSemaphoreRunLimits(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	run := []string{"semaphore", "run", "s", "--max", "2", "--"}
	child := append(run, self(t), "helper-cat")
	first, second := start(t, dir, child...), start(t, dir, child...)
	first.expect("runs")
	second.expect("runs")
	r := inProcess(dir, "", "semaphore", "run", "s", "--max", "2", "--timeout", "0", "--", self(t), "helper-true")
	if r.status != exitTimedOut {
		t.Errorf("a third ran: status %d, %s", r.status, r.err)
	}
	third := start(t, dir, child...)
	untilWaiters(t, dir, "s", 1)
	first.in.Close()
	first.endsWith(0, "")
	third.expect("runs")
	for _, p := range []*process{second, third} {
		p.in.Close()
		p.endsWith(0, "")
	}
}

func TestHoldEndsWithTheInput(t *testing.T) {
	t.Parallel()
	p := start(t, testDir(t), "event", "create", "e")
	p.expect("created event:e")
	p.in.Close()
	p.endsWith(0, "until end of input")
}

// TestHoldWithoutInput: input from the null device, as a job in the background
// has it, is at its end from the start, and means nothing.
func TestHoldWithoutInput(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	p := prepare(t, "--namespace", dir, "mutex", "hold", "m")
	p.begin()
	p.expect("locked mutex:m")
	if o, _ := lookUp(t, dir, "m"); o.Owner == nil {
		t.Error("it is not held")
	}
	p.kill("is held until a signal")
}

func TestWaitAcrossProcesses(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	waiter := start(t, dir, "event", "wait", "e", "--create", "--json")
	untilWaiters(t, dir, "e", 1)
	must(t, dir, "event", "set", "e")
	waiter.expect(`{"object":"event:e","type":"event","name":"e","action":"fired"}`)
	waiter.endsWith(0, "")

	keep(t, dir, "event", "create", "stop")
	other := start(t, dir, "mutex", "hold", "m")
	other.expect("locked mutex:m")
	process := fmt.Sprintf("process:%d", other.cmd.Process.Pid)
	waiter = start(t, dir, "wait", "event:stop", process)
	untilWaiters(t, dir, "stop", 1)
	other.in.Close()
	waiter.expect(process)
	waiter.endsWith(0, "")
	other.endsWith(0, "")
}

func TestTimerOutlivesItsSetter(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	keeper := start(t, dir, "timer", "set", "tick", "--every", "10ms", "--create")
	keeper.expect("set timer:tick")
	for range 3 {
		must(t, dir, "timer", "wait", "tick")
	}
	keeper.in.Close()
	keeper.endsWith(0, `timer "tick" is kept open`)
	if r := inProcess(dir, "", "timer", "wait", "tick"); r.status != exitFailed {
		t.Errorf("the timer is still there: status %d, %s", r.status, r.err)
	}
}

// squeeze makes a table independent of the width of its columns.
func squeeze(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("\n" + strings.Join(strings.Fields(line), " "))
	}
	return b.String() + "\n"
}

func check(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got%swant%s", got, want)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	keep(t, dir, "event", "create", "ready")
	keep(t, dir, "event", "create", "rest")
	keep(t, dir, "mutex", "create", "ready-not")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"event", "set", "re"}, "ready rest :4"},
		{[]string{"mutex", "run", ""}, "ready-not :4"},
		{[]string{"wait", "event:ready", ""}, "event:rest mutex:ready-not :4"},
		{[]string{"show", "event:rea"}, "event:ready :4"},
		{[]string{"show", "event:ready", ""}, ":4"},
		{[]string{"ls", ""}, ":4"},
	} {
		args := append([]string{"__complete", "--namespace", dir}, test.args...)
		var out strings.Builder
		if status := Main(args, strings.NewReader(""), &out, io.Discard); status != 0 {
			t.Errorf("%v: status %d", test.args, status)
		}
		if got := strings.Join(strings.Fields(out.String()), " "); got != test.want {
			t.Errorf("%v completes to %q, want %q", test.args, got, test.want)
		}
	}
}

func TestVersion(t *testing.T) {
	var b build
	if err := json.Unmarshal([]byte(must(t, testDir(t), "version", "--json")), &b); err != nil {
		t.Fatal(err)
	}
	if b != version() || b.Version == "" || b.Go == "" {
		t.Errorf("version --json prints %+v", b)
	}
}

// TestHelp checks that every command explains itself, with an example, within
// the width of a terminal.
func TestHelp(t *testing.T) {
	a := &app{}
	root := a.rootCommand()
	for _, c := range append(root.Commands(), root) {
		for _, c := range append(c.Commands(), c) {
			if c.Hidden || strings.Contains(c.CommandPath(), "completion") { // cobra's
				continue
			}
			if c.Short == "" || c.Example == "" {
				t.Errorf("%s has no text or no example", c.CommandPath())
			}
			for line := range strings.Lines(c.Long + "\n" + c.Example) {
				if len([]rune(line)) > 86 {
					t.Errorf("%s: too wide: %s", c.CommandPath(), line)
				}
			}
		}
	}
}

func TestEmptyNamespace(t *testing.T) {
	// As from "$UNSET": the user's own objects are not meant.
	var err strings.Builder
	status := Main([]string{"ls", "--namespace", ""}, os.Stdin, io.Discard, &err)
	if status != exitUsage || !strings.Contains(err.String(), "--namespace is empty") {
		t.Errorf("status %d: %s", status, err.String())
	}
}

func TestGroupNeedsNamespace(t *testing.T) {
	// --group alone is a mistake that would otherwise share nothing.
	var err strings.Builder
	status := Main([]string{"ls", "--group", "staff"}, os.Stdin, io.Discard, &err)
	if status != exitUsage || !strings.Contains(err.String(), "--group needs --namespace") {
		t.Errorf("status %d, %s", status, &err)
	}
}

// TestBrokenPipe checks that a reader who goes away ends a command quietly, as
// SIGPIPE would, but after it has given back what it holds.
func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	keep(t, dir, "mutex", "create", "m")
	owner := start(t, dir, "mutex", "hold", "m")
	owner.expect("locked mutex:m")
	next := prepare(t, "--namespace", dir, "mutex", "hold", "m")
	out, err := next.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := next.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	untilWaiters(t, dir, "m", 1)
	out.Close()
	owner.in.Close()
	owner.endsWith(0, "")
	next.cmd.Wait()
	if status := childStatus(next.cmd.ProcessState); status != exitBrokenPipe || strings.Contains(next.err.String(), "pipe") {
		t.Errorf("status %d, %s", status, &next.err)
	}
	if r := inProcess(dir, "", "mutex", "run", "m", "--", self(t), "helper-true"); r.status != 0 || r.err != "" {
		t.Errorf("the next ended with %d and %q", r.status, r.err)
	}
}
