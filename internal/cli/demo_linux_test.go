package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

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

// demoProcesses finds the processes of a demonstration, which have its
// directory among their arguments.
func demoProcesses(_ *testing.T, dir string) (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if line, _ := os.ReadFile(file); bytes.Contains(line, []byte(dir)) {
			found = append(found, fmt.Sprintf("%s: %q", file, line))
		}
	}
	return found
}
