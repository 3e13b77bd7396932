//go:build linux || windows

package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestScripts runs testdata/script/*.txt and those in the directory of this
// system, each in a namespace of its own that does not exist at first. A script
// is a list of
//
//	# a comment
//	$ a command, without its name; '…' quotes
//	& likewise; it ends with the script, as its input does
//	a line of its standard output
//	! a line of its standard error
//	? its exit status, unless 0
//
// $DIR is the namespace, $PID the id of the process that runs the script, $SELF
// the test binary, which can be a helper, $IPC how a command in this namespace
// begins; in what is expected <any> is anything.
// The input of a command with $ is at its end.
func TestScripts(t *testing.T) {
	all, _ := filepath.Glob("testdata/script/*.txt")
	here, _ := filepath.Glob("testdata/script/" + runtime.GOOS + "/*.txt")
	if len(all) == 0 || len(here) == 0 {
		t.Fatal("no scripts")
	}
	for _, file := range append(all, here...) {
		name := strings.TrimPrefix(filepath.ToSlash(strings.TrimSuffix(file, ".txt")), "testdata/script/")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, filepath.Join(testDir(t), "ns"), string(text))
		})
	}
}

// A scriptStep is one command and what is expected of it.
type scriptStep struct {
	line     int
	command  string
	kept     bool // its input ends with the script
	out, err []string
	status   string
}

func runScript(t *testing.T, dir, text string) {
	vars := strings.NewReplacer("$DIR", dir, "$PID", fmt.Sprint(os.Getpid()), "$SELF", self(t), "$IPC", "ipc --namespace "+shellWord(dir))
	for _, s := range parseScript(t, text) {
		args := words(vars.Replace(s.command))
		if s.kept {
			got := startKept(t, dir, len(s.out), args)
			compare(t, s, "standard output", got.out, vars, s.out)
			continue
		}
		got := inProcess(dir, "", args...)
		if fmt.Sprint(got.status) != s.status {
			t.Errorf("line %d: ipc %s: status %d, want %s; %s", s.line, s.command, got.status, s.status, got.err)
		}
		compare(t, s, "standard output", got.out, vars, s.out)
		compare(t, s, "standard error", got.err, vars, s.err)
	}
}

// startKept runs a command in this process until the end of the test, and
// returns when it has printed so many lines, which it gives.
func startKept(t *testing.T, dir string, lines int, args []string) (r result) {
	t.Helper()
	in, end := io.Pipe()
	out, printed := io.Pipe()
	var err bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- Main(append([]string{"--namespace", dir}, args...), in, printed, &err)
		printed.Close()
	}()
	t.Cleanup(func() {
		end.Close()
		if status := <-ended; status != 0 {
			t.Errorf("ipc %v ended with %d: %s", args, status, &err)
		}
	})
	text := bufio.NewReader(out)
	for range lines {
		line, _ := text.ReadString('\n')
		r.out += line
	}
	return r
}

func compare(t *testing.T, s scriptStep, what, got string, vars *strings.Replacer, want []string) {
	t.Helper()
	pattern := ""
	for _, line := range want {
		pattern += regexp.QuoteMeta(vars.Replace(line)) + "\n"
	}
	pattern = strings.ReplaceAll(pattern, "<any>", ".*")
	if !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
		t.Errorf("line %d: ipc %s: %s is\n%swant\n%s", s.line, s.command, what, got, strings.Join(want, "\n"))
	}
}

func parseScript(t *testing.T, text string) []scriptStep {
	var steps []scriptStep
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line != "" && (line[0] == '$' || line[0] == '&') {
			steps = append(steps, scriptStep{line: i + 1, command: line[2:], kept: line[0] == '&', status: "0"})
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(steps) == 0 {
			t.Fatalf("line %d comes before the first command", i+1)
		}
		s := &steps[len(steps)-1]
		switch rest := line[min(2, len(line)):]; line[0] {
		case '!':
			s.err = append(s.err, rest)
		case '?':
			s.status = rest
		default:
			s.out = append(s.out, line)
		}
	}
	return steps
}

// words splits a command as a shell does it with single quotes.
func words(command string) []string {
	var list []string
	for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(command, -1) {
		list = append(list, m[1]+m[2])
	}
	return list
}
