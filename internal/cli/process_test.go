//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
)

// Tests with processes. Readiness is a line that a process prints, or what can
// be seen of the object that it waits for.

func TestMutexRunExcludes(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	first := start(t, dir, "mutex", "run", "m", "--", self(t), "helper-cat")
	first.expect("runs")

	owner := first.cmd.Process.Pid
	r := inProcess(dir, "", "mutex", "run", "m", "--timeout", "0", "--", "true")
	if want := fmt.Sprintf("which %d ", owner); r.status != exitTimedOut || !strings.Contains(r.err, want) {
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
	owner.signal(syscall.SIGKILL)
	next.expect("runs")
	// The child of the killed one has its output, which ends with the child.
	owner.endsWith(exitSignalled+int(syscall.SIGKILL), "")
	next.in.Close()
	next.endsWith(0, `ipc: mutex "m" was abandoned: its last owner ended without unlocking it`)
}

func TestPermanentMutexRemembersTheDead(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	owner := start(t, dir, "mutex", "hold", "m", "--permanent")
	owner.expect("locked mutex:m")
	owner.signal(syscall.SIGKILL)
	owner.endsWith(exitSignalled+int(syscall.SIGKILL), "is held until end of input")

	eventually(t, "it is seen to be abandoned", func() bool {
		return strings.Contains(must(t, dir, "ls"), "abandoned")
	})
	r := inProcess(dir, "", "mutex", "run", "m", "--", "true")
	if r.status != 0 || !strings.Contains(r.err, "was abandoned") {
		t.Errorf("the first after it ended with %d and %q", r.status, r.err)
	}
	r = inProcess(dir, "", "mutex", "run", "m", "--", "true")
	if r.status != 0 || r.err != "" {
		t.Errorf("the second after it ended with %d and %q", r.status, r.err)
	}
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
		owner.signal(syscall.SIGKILL)
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
	r := inProcess(dir, "", "semaphore", "run", "s", "--max", "2", "--timeout", "0", "--", "true")
	if r.status != exitTimedOut {
		t.Errorf("a third ran: status %d, %s", r.status, r.err)
	}
	third := start(t, dir, child...)
	untilWaiters(t, dir, "s", 1)
	first.in.Close()
	first.endsWith(0, "")
	third.expect("runs")

	// The permit of a holder that is killed comes back.
	fourth := start(t, dir, child...)
	untilWaiters(t, dir, "s", 1)
	second.signal(syscall.SIGKILL)
	fourth.expect("runs")
	for _, p := range []*process{third, fourth} {
		p.in.Close()
		p.endsWith(0, "")
	}
}

func TestInterruptedWaits(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	must(t, dir, "event", "create", "e", "--permanent")
	must(t, dir, "timer", "create", "t", "--permanent")
	must(t, dir, "semaphore", "create", "s", "--max", "1", "--initial", "0", "--permanent")
	owner := start(t, dir, "mutex", "hold", "m")
	owner.expect("locked mutex:m")
	for _, test := range []struct {
		object string
		args   []string
		signal syscall.Signal
	}{
		{"e", []string{"event", "wait", "e"}, syscall.SIGINT},
		{"t", []string{"timer", "wait", "t"}, syscall.SIGTERM},
		{"s", []string{"semaphore", "acquire", "s"}, syscall.SIGHUP},
		{"s", []string{"semaphore", "run", "s", "--", "true"}, syscall.SIGINT},
		{"m", []string{"mutex", "hold", "m"}, syscall.SIGINT},
		{"m", []string{"mutex", "run", "m", "--", "true"}, syscall.SIGTERM},
		{"e", []string{"wait", "--all", "event:e", "mutex:m"}, syscall.SIGINT},
	} {
		p := start(t, dir, test.args...)
		untilWaiters(t, dir, test.object, 1)
		p.signal(test.signal)
		p.endsWith(exitInterrupted, "ipc: interrupted\n")
		untilWaiters(t, dir, test.object, 0)
	}
	owner.in.Close()
	owner.endsWith(0, "")
}

func TestRunForwardsSignals(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1} {
		p := start(t, dir, "mutex", "run", "m", "--", self(t), "helper-signal")
		p.expect("ready")
		p.signal(sig)
		p.expect(sig.String())
		p.endsWith(9, "")
		// It was given up, not abandoned.
		if r := inProcess(dir, "", "mutex", "run", "m", "--timeout", "0", "--", "true"); r.status != 0 || r.err != "" {
			t.Errorf("after %v the next ended with %d and %q", sig, r.status, r.err)
		}
	}
}

func TestHoldEnds(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	t.Run("with the input", func(t *testing.T) {
		p := start(t, dir, "event", "create", "e")
		p.expect("created event:e")
		p.in.Close()
		p.endsWith(0, "until end of input")
	})
	t.Run("with a signal", func(t *testing.T) {
		p := start(t, dir, "mutex", "hold", "m")
		p.expect("locked mutex:m")
		p.signal(syscall.SIGTERM)
		p.endsWith(0, "until end of input")
		if r := inProcess(dir, "", "mutex", "run", "m", "--", "true"); r.err != "" {
			t.Errorf("it was not unlocked: %s", r.err)
		}
	})
	// Input from /dev/null, as a job in the background of a script has it, is
	// at its end from the start, and means nothing.
	t.Run("with a signal alone", func(t *testing.T) {
		p := prepare(t, "--namespace", dir, "mutex", "hold", "m")
		p.begin()
		p.expect("locked mutex:m")
		if o, _ := lookUp(t, dir, "m"); o.Owner == nil {
			t.Error("it is not held")
		}
		p.signal(syscall.SIGINT)
		p.endsWith(0, "is held until a signal")
	})
}

func TestWaitAcrossProcesses(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	waiter := start(t, dir, "event", "wait", "e", "--create", "--json")
	untilWaiters(t, dir, "e", 1)
	must(t, dir, "event", "set", "e")
	waiter.expect(`{"object":"event:e","type":"event","name":"e","action":"fired"}`)
	waiter.endsWith(0, "")

	must(t, dir, "event", "create", "stop", "--permanent")
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
	keeper.signal(syscall.SIGINT)
	keeper.endsWith(0, `timer "tick" is kept open`)
	if r := inProcess(dir, "", "timer", "wait", "tick"); r.status != exitFailed {
		t.Errorf("the timer is still there: status %d, %s", r.status, r.err)
	}
}

// TestLooking checks that ls and show see everything and disturb nothing.
func TestLooking(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	must(t, dir, "event", "create", "e", "--set", "--permanent")
	owner := start(t, dir, "mutex", "hold", "m")
	owner.expect("locked mutex:m")
	waiter := start(t, dir, "wait", "--all", "mutex:m", "event:e")
	untilWaiters(t, dir, "m", 1)
	limiter := start(t, dir, "semaphore", "run", "s", "--max", "5", "--", self(t), "helper-cat")
	limiter.expect("runs")

	command := ipcCommand(t, dir, "m")
	vars := strings.NewReplacer("<owner>", fmt.Sprintf("%d %s", owner.cmd.Process.Pid, command),
		"<waiter>", fmt.Sprintf("%d %s", waiter.cmd.Process.Pid, command),
		"<limiter>", fmt.Sprintf("%d %s", limiter.cmd.Process.Pid, command))
	for range 3 { // looking changes nothing
		check(t, squeeze(must(t, dir, "ls")), vars.Replace(`
NAME TYPE STATE OWNER WAITERS HANDLES
e event set - 1 1
m mutex owned <owner> 1 2
s semaphore 4/5 - 0 1
`))
		check(t, squeeze(must(t, dir, "show", "mutex:m")), vars.Replace(`
mutex:m
state owned
owner <owner>
permanent no
handles 2
<owner>: 1 handle
<waiter>: 1 handle
waiters 1
<waiter>: waits for all of 2 objects
`))
		check(t, squeeze(must(t, dir, "show", "semaphore:s")), vars.Replace(`
semaphore:s
state 4/5
permits 4 of 5
reclaim yes
permanent no
handles 1
<limiter>: 1 handle, 1 permit taken
waiters 0
`))
	}
	checkJSON(t, dir, owner.cmd.Process.Pid, waiter.cmd.Process.Pid)

	owner.in.Close()
	waiter.expect("mutex:m")
	limiter.in.Close()
	for _, p := range []*process{owner, waiter, limiter} {
		p.ends()
	}
}

// checkJSON checks that show prints the documented fields.
func checkJSON(t *testing.T, dir string, owner, waiter int) {
	t.Helper()
	var o ipc.Info
	text := must(t, dir, "show", "mutex:m", "--json")
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if o.Type != "mutex" || o.Name != "m" || o.Signaled || o.Owner == nil || o.Owner.PID != owner ||
		o.Handles != 2 || len(o.Holders) != 2 || len(o.Waiting) != 1 || o.Waiting[0].PID != waiter || !o.Waiting[0].All {
		t.Errorf("show --json prints %s", text)
	}
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(must(t, dir, "ls", "--json")), &list); err != nil || len(list) != 3 {
		t.Fatalf("ls --json: %d objects, %v", len(list), err)
	}
	if strings.TrimSpace(text) != string(list[1]) {
		t.Errorf("ls --json and show --json differ:\n%s\n%s", list[1], text)
	}
}

// ipcCommand is what the owner of a mutex is called.
func ipcCommand(t *testing.T, dir, mutex string) string {
	t.Helper()
	o, ok := lookUp(t, dir, mutex)
	if !ok || o.Owner == nil {
		t.Fatal("the mutex has no owner")
	}
	return o.Owner.Command
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
	must(t, dir, "event", "create", "ready", "--permanent")
	must(t, dir, "event", "create", "rest", "--permanent")
	must(t, dir, "mutex", "create", "ready-not", "--permanent")
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
	if err := json.Unmarshal([]byte(must(t, "", "version", "--json")), &b); err != nil {
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
			if c.Hidden {
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
	must(t, dir, "mutex", "create", "m", "--permanent")
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
	if r := inProcess(dir, "", "mutex", "run", "m", "--", "true"); r.status != 0 || r.err != "" {
		t.Errorf("the next ended with %d and %q", r.status, r.err)
	}
}
