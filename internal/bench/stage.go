package bench

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/winsys-go/ipc"
)

// A Stage is what one figure plays on. All that it made is gone when the
// figure is done.
type Stage struct {
	effort   Effort
	command  string
	cleanups []func() error
}

// absence is the panic of a figure that this machine has nothing to measure
// with.
type absence struct{}

// Absent leaves the figure out.
func (s *Stage) Absent() { panic(absence{}) }

// Count is n, or less where that would take too long.
func (s *Stage) Count(n int) int { return s.reduce(max(n/slowness, min(n, 10)), 5, 200) }

// Crowds are the sizes of several crowds, each once.
func (s *Stage) Crowds(sizes ...int) []int {
	for i := range sizes {
		sizes[i] = s.Crowd(sizes[i])
	}
	return slices.Compact(sizes)
}

// Crowd is Count for things that are dear to make: processes, objects.
func (s *Stage) Crowd(n int) int { return s.reduce(max(n/slowness, min(n, 100)), 10, 100) }

func (s *Stage) reduce(n, quick, once int) int {
	switch s.effort {
	case Quick:
		return max(n/quick, min(n, 2))
	case Once:
		return max(n/once, min(n, 2))
	}
	return n
}

// Cleanup has f called when the figure is done, the last one first.
func (s *Stage) Cleanup(f func() error) { s.cleanups = append(s.cleanups, f) }

func (s *Stage) close() (err error) {
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		err = errors.Join(err, s.cleanups[i]())
	}
	return err
}

// Dir makes a directory, in memory where the system has such.
func (s *Stage) Dir() string {
	dir := Must(os.MkdirTemp(memory(), "ipc-bench-*"))
	s.Cleanup(func() error { return os.RemoveAll(dir) })
	return dir
}

// memory is where to put files that should not be on a disk.
func memory() string {
	if st, err := os.Stat("/dev/shm"); err == nil && st.IsDir() && runtime.GOOS == "linux" {
		return "/dev/shm"
	}
	return ""
}

// Namespace makes a namespace.
func (s *Stage) Namespace() *ipc.Namespace {
	n := Must(ipc.OpenNamespace(s.Dir(), nil))
	s.Cleanup(n.Close)
	return n
}

// Must gives v, unless there is an error.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// Check ends the figure if there is an error.
func Check(err error) {
	if err != nil {
		panic(fmt.Errorf("bench: %w", err))
	}
}
