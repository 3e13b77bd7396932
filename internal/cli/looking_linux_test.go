package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/winsys-go/ipc"
)

// tellsOwners reports whether the system says who owns a mutex.
func tellsOwners() bool { return true }

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
