//go:build linux || windows

package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/internal/bench"
)

// benchRun runs "ipc bench" in a process of its own, since it starts itself.
func benchRun(t *testing.T, args ...string) result {
	t.Helper()
	p := prepare(t, append([]string{"bench"}, args...)...)
	p.begin()
	return p.ends()
}

// TestBenchJSON measures a figure in one process and one with children.
func TestBenchJSON(t *testing.T) {
	r := benchRun(t, "--quick", "--rounds", "1", "--run", "^(uncontended/lock|command)", "--json")
	var report bench.Report
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || r.status != 0 {
		t.Fatalf("status %d, %s, %v in %s", r.status, r.err, err, r.out)
	}
	var names []string
	for _, f := range report.Results {
		names = append(names, f.Name)
		if len(f.Rows) == 0 || f.Rows[0].Median <= 0 {
			t.Errorf("%s measured nothing: %+v", f.Name, f)
		}
	}
	if got := strings.Join(names, ", "); got != "uncontended/lock+unlock, command/event set" {
		t.Errorf("measured %s", got)
	}
}

func TestBenchTable(t *testing.T) {
	r := benchRun(t, "--quick", "--rounds", "1", "--run", "hand-off/same")
	if r.status != 0 || !strings.Contains(r.out, "hand-off/same-core") || !strings.Contains(r.out, "1 figures, ") {
		t.Errorf("status %d, %s\n%s", r.status, r.err, r.out)
	}
	if !isASCII(r.out) {
		t.Errorf("what is no terminal gets more than ASCII:\n%s", r.out)
	}
}

func TestBenchUsage(t *testing.T) {
	for _, args := range [][]string{{"--run", "("}, {"--rounds", "-1"}, {"--namespace", "x"}} {
		if r := benchRun(t, args...); r.status != 2 {
			t.Errorf("%q: status %d, %s", args, r.status, r.err)
		}
	}
}
