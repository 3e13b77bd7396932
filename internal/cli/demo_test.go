//go:build linux || windows

package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/winsys-go/ipc/internal/testproc"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	p := prepare(t, "demo")
	begin := time.Now()
	p.begin()
	r := p.ends()
	if r.status != 0 || r.err != "" {
		t.Fatalf("status %d, %s\n%s", r.status, r.err, r.out)
	}
	if took := time.Since(begin); took > time.Minute && !testproc.UnderWine() {
		t.Errorf("it took %v", took)
	}
	for _, s := range demoSteps {
		if !regexp.MustCompile(`(?m)^  ok   ` + s.name + ` .*\d`).MatchString(r.out) {
			t.Errorf("no figures for %s in\n%s", s.name, r.out)
		}
	}
	if !isASCII(r.out) {
		t.Errorf("what is no terminal gets more than ASCII:\n%s", r.out)
	}
	nothingLeft(t, demoDir(t, r.out))
}

func TestDemoJSON(t *testing.T) {
	t.Parallel()
	p := prepare(t, "demo", "--json")
	p.begin()
	r := p.ends()
	var got struct {
		OK        bool
		Processes int
		Seconds   float64
		Steps     []struct {
			Name, What, Result, Error string
			OK                        bool
			Figures                   map[string]any
		}
	}
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.status != 0 {
		t.Fatalf("status %d, %s, %v in %s", r.status, r.err, err, r.out)
	}
	if !got.OK || got.Processes == 0 || got.Seconds == 0 || len(got.Steps) != len(demoSteps) {
		t.Errorf("it prints %s", r.out)
	}
	for _, s := range got.Steps {
		if !s.OK || s.Result == "" || len(s.Figures) == 0 {
			t.Errorf("step %+v", s)
		}
	}
}

// TestDemoUnread is "ipc demo | head -2".
func TestDemoUnread(t *testing.T) {
	t.Parallel()
	p := prepare(t, "demo")
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	seen := p.line() + p.line()
	out.Close()
	p.cmd.Wait()
	if status := childStatus(p.cmd.ProcessState); status != exitBrokenPipe || p.err.Len() > 0 {
		t.Errorf("status %d, %s", status, &p.err)
	}
	nothingLeft(t, demoDir(t, seen))
}

func TestDemoReportsFailure(t *testing.T) {
	var out, err bytes.Buffer
	a := &app{out: &out, err: &err, running: &cobra.Command{}}
	d := &demo{app: a}
	r := a.newDemoReport()
	for _, s := range demoSteps[:2] {
		r.step(s, finding{words: func(style) string { return "fine" }}, nil)
	}
	r.step(demoSteps[2], finding{}, os.ErrClosed)
	failure := r.end(d, time.Second)
	if status := a.report(nil, failure); status != exitFailed || err.String() != "ipc: demo: 1 of 6 steps failed\n" {
		t.Errorf("status %d, %s", status, &err)
	}
	if text := out.String(); !strings.Contains(text, "  FAIL semaphore") || !strings.Contains(text, "file already closed") || strings.Contains(text, "passed") {
		t.Errorf("it prints\n%s", text)
	}
}

// demoDir finds the directory that a demonstration says it uses.
func demoDir(t *testing.T, out string) string {
	t.Helper()
	m := regexp.MustCompile(`(\S+[/\\]ipc-demo-\d+)[/\\]ns: no server`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no directory in %q", out)
	}
	return m[1]
}

// nothingLeft checks that a demonstration has left no directory and no
// process.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Lstat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", dir, err)
	}
	for _, p := range demoProcesses(t, dir) {
		t.Errorf("%s is left", p)
	}
}

func isASCII(text string) bool {
	for _, r := range text {
		if r > 126 {
			return false
		}
	}
	return true
}

func TestMostAtOnce(t *testing.T) {
	for _, test := range []struct {
		jobs []jobTime
		want int
	}{
		{nil, 0},
		{[]jobTime{{1, 2}, {2, 3}}, 1}, // one ends as the next begins
		{[]jobTime{{1, 3}, {2, 4}, {3, 5}}, 2},
		{[]jobTime{{1, 9}, {2, 8}, {3, 7}}, 3},
	} {
		if got := mostAtOnce(test.jobs); got != test.want {
			t.Errorf("mostAtOnce(%v) = %d, want %d", test.jobs, got, test.want)
		}
	}
}
