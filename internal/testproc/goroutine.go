package testproc

import (
	"bytes"
	"iter"
	"runtime"
	"strings"
)

// A Goroutine is one whose state a test asks for: that it has come to wait is
// nothing that it could say itself.
type Goroutine struct{ name string }

// Self is the goroutine that asks.
func Self() Goroutine {
	stack := make([]byte, 64)
	stack = stack[:runtime.Stack(stack, false)]
	name, _, _ := bytes.Cut(stack, []byte("["))
	return Goroutine{string(name)}
}

// Waits reports whether it neither runs nor wants to. In a system call it waits
// on Windows only, where a wait is one.
func (g Goroutine) Waits() bool {
	for stack := range stacks() {
		if rest, ok := strings.CutPrefix(stack, g.name+"["); ok {
			state, _, _ := strings.Cut(rest[:strings.Index(rest, "]")], ",")
			return state != "running" && state != "runnable" && (state != "syscall" || runtime.GOOS == "windows")
		}
	}
	return false // it has ended
}

// InPoller reports whether a goroutine that has called a function, named as in
// its stack, waits for a file or a socket.
func InPoller(function string) bool {
	for stack := range stacks() {
		if state, _, _ := strings.Cut(stack, "\n"); strings.Contains(state, "[IO wait") && strings.Contains(stack, function+"(") {
			return true
		}
	}
	return false
}

// stacks gives the stack of every goroutine.
func stacks() iter.Seq[string] {
	buf := make([]byte, 1<<20)
	return strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n")
}
