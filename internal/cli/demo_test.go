//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
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
	if took := time.Since(begin); took > 10*time.Second {
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

func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	for _, after := range []int{2, 5} { // lines of output: in the first step, in a later one
		p := prepare(t, "demo")
		p.begin()
		var seen string
		for range after {
			seen += p.line() + "\n"
		}
		p.signal(syscall.SIGINT)
		r := p.ends()
		if r.status != exitInterrupted || r.err != "ipc: interrupted\n" {
			t.Errorf("status %d, %q", r.status, r.err)
		}
		nothingLeft(t, demoDir(t, seen))
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
	a := &app{out: &out, err: &err, ran: true}
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
	dir := regexp.MustCompile(`/dev/shm/ipc-demo-\d+`).FindString(out)
	if dir == "" {
		t.Fatalf("no directory in %q", out)
	}
	return dir
}

// nothingLeft checks that a demonstration has left no directory and no
// process.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Lstat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", dir, err)
	}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range lines {
		if line, _ := os.ReadFile(file); bytes.Contains(line, []byte(dir)) {
			t.Errorf("%s is left: %q", file, line)
		}
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
