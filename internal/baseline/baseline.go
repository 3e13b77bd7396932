// Package baseline compiles and runs the C programs that benchmarks compare
// themselves with. A ratio taken in one run says something on any machine; an
// absolute time does not.
package baseline

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

//go:embed testdata/baseline.c
var source []byte

// A Program is the compiled baseline.
type Program struct{ path string }

// Build compiles the baseline with the system's C compiler, and skips the
// benchmark where there is none.
func Build(tb testing.TB) Program {
	tb.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		if cc, err = exec.LookPath("gcc"); err != nil {
			tb.Skip("no C compiler to build the baseline with: install gcc")
		}
	}
	dir := tb.TempDir()
	file := filepath.Join(dir, "baseline.c")
	if err := os.WriteFile(file, source, 0o600); err != nil {
		tb.Fatal(err)
	}
	p := Program{filepath.Join(dir, "baseline")}
	if out, err := exec.Command(cc, "-O2", "-o", p.path, file, "-lpthread").CombinedOutput(); err != nil {
		tb.Fatalf("compile the baseline: %v\n%s", err, out)
	}
	return p
}

// Run gives the nanoseconds that the baseline measures.
func (p Program) Run(tb testing.TB, args ...any) float64 {
	tb.Helper()
	words := make([]string, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			words[i] = a
		case int:
			words[i] = strconv.Itoa(a)
		}
	}
	out, err := exec.Command(p.path, words...).Output()
	if err != nil {
		tb.Fatalf("baseline %v: %v", words, err)
	}
	ns, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		tb.Fatalf("baseline %v printed %q", words, out)
	}
	return ns
}
