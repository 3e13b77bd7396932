package cli

import (
	"strings"
	"testing"
)

// What Windows does not have: objects that stay, and permits that come back.

func TestPermanentMutexRemembersTheDead(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	owner := start(t, dir, "mutex", "hold", "m", "--permanent")
	owner.expect("locked mutex:m")
	owner.kill("is held until end of input")

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

func TestPermitOfTheDeadComesBack(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	child := []string{"semaphore", "run", "s", "--max", "1", "--", self(t), "helper-cat"}
	first := start(t, dir, child...)
	first.expect("runs")
	second := start(t, dir, child...)
	untilWaiters(t, dir, "s", 1)
	first.kill("")
	second.expect("runs")
	second.in.Close()
	second.endsWith(0, "")
}
