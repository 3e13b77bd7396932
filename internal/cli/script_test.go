//go:build unix

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestScripts runs testdata/script/*.txt, each in a namespace of its own that
// does not exist at first. A script is a list of
//
//	# a comment
//	$ a command, without its name; '…' quotes
//	a line of its standard output
//	! a line of its standard error
//	? its exit status, unless 0
//
// In what is expected, $DIR is the namespace, $PID the id of the process that
// runs the script, and <any> anything. The command's input is at its end.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
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
	out, err []string
	status   string
}

func runScript(t *testing.T, dir, text string) {
	vars := strings.NewReplacer("$DIR", dir, "$PID", fmt.Sprint(os.Getpid()))
	for _, s := range parseScript(t, text) {
		args := words(vars.Replace(s.command))
		got := inProcess(dir, "", args...)
		if fmt.Sprint(got.status) != s.status {
			t.Errorf("line %d: ipc %s: status %d, want %s; %s", s.line, s.command, got.status, s.status, got.err)
		}
		compare(t, s, "standard output", got.out, vars, s.out)
		compare(t, s, "standard error", got.err, vars, s.err)
	}
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
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			steps = append(steps, scriptStep{line: i + 1, command: command, status: "0"})
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
