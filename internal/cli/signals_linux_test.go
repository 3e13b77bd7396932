package cli

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// statusOfKilled is that of a process that was killed.
const statusOfKilled = exitSignalled + int(syscall.SIGKILL)

// reports a signal and ends with status 9
func init() {
	helpers["helper-signal"] = func() {
		arrive := make(chan os.Signal, 1)
		signal.Notify(arrive, syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1)
		fmt.Println("ready")
		fmt.Println((<-arrive).String())
		os.Exit(9)
	}
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
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

func TestHoldEndsWithASignal(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	t.Run("before the input does", func(t *testing.T) {
		p := start(t, dir, "mutex", "hold", "m")
		p.expect("locked mutex:m")
		p.signal(syscall.SIGTERM)
		p.endsWith(0, "until end of input")
		if r := inProcess(dir, "", "mutex", "run", "m", "--", "true"); r.err != "" {
			t.Errorf("it was not unlocked: %s", r.err)
		}
	})
	t.Run("without an input", func(t *testing.T) {
		p := prepare(t, "--namespace", dir, "mutex", "hold", "m")
		p.begin()
		p.expect("locked mutex:m")
		p.signal(syscall.SIGINT)
		p.endsWith(0, "is held until a signal")
	})
}
