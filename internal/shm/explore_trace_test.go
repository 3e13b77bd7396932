//go:build ipcseam

package shm

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
)

// traceTo, when it is set, gets a line for every step: who does it, and where.
var traceTo io.Writer

func (m *machine) traceStep(a *simActor) {
	var pcs [12]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])])
	var where []string
	for {
		f, more := frames.Next()
		name := f.Function[strings.LastIndex(f.Function, ".")+1:]
		if strings.Contains(f.File, "_test.go") || !more {
			break
		}
		where = append(where, fmt.Sprintf("%s %s:%d", name, filepath.Base(f.File), f.Line))
	}
	fmt.Fprintf(traceTo, "%d %v: %s\n", m.steps, a, strings.Join(where, " < "))
}
