package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/winsys-go/ipc/internal/bench"
)

//go:embed baseline
var sources embed.FS

// A baseline is the compiled programs in C that figures are compared with.
type baseline struct{ dir string }

// buildBaseline compiles all programs into a temporary directory.
func buildBaseline() (*baseline, error) {
	cc, err := exec.LookPath("gcc")
	if err != nil {
		return nil, errors.New("the baselines are in C: install gcc")
	}
	dir, err := os.MkdirTemp("", "ipc-baseline-*")
	if err != nil {
		return nil, err
	}
	b := &baseline{dir}
	if err := b.build(cc); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *baseline) build(cc string) error {
	programs, err := fs.Sub(sources, "baseline")
	if err != nil {
		return err
	}
	if err := os.CopyFS(b.dir, programs); err != nil {
		return err
	}
	files, err := fs.Glob(programs, "*.c")
	if err != nil {
		return err
	}
	for _, f := range files {
		c := exec.Command(cc, "-O2", "-Wall", "-Werror", "-pthread", "-o", strings.TrimSuffix(f, ".c"), f)
		c.Dir = b.dir
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("compile %s: %w\n%s", f, err, out)
		}
	}
	return nil
}

// close removes the programs.
func (b *baseline) close() error { return os.RemoveAll(b.dir) }

// run runs a program, which prints its values in JSON.
func (b *baseline) run(program string, args ...any) bench.Values {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = fmt.Sprint(a)
	}
	out, err := exec.Command(filepath.Join(b.dir, program), words...).Output()
	if err != nil {
		panic(fmt.Errorf("baseline %s %v: %w", program, words, err))
	}
	var v bench.Values
	if err := json.Unmarshal(out, &v); err != nil {
		panic(fmt.Errorf("baseline %s %v printed %q: %w", program, words, out, err))
	}
	return v
}
