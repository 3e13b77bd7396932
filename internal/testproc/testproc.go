// Package testproc lets a test play several processes: it starts the test
// binary again, as a child that runs a registered function, and talks to it in
// lines over pipes.
//
//	func init() { testproc.Register("echo", echo) }
//
//	func echo(c *testproc.Child) {
//		for {
//			c.Sayf("you said %s", c.Line())
//		}
//	}
//
//	func TestMain(m *testing.M) { testproc.Main(m) }
//
//	func TestEcho(t *testing.T) {
//		p := testproc.Start(t, "echo")
//		p.Sayf("hello")
//		p.Expect("you said hello")
//		p.Exit()
//	}
//
// Nothing sleeps: a child is ready when it says so. A child ends when its
// parent's end of the pipe does, so none outlives the tests. A child that
// nobody waited for, or that ended otherwise than it was told to, fails the
// test, with what it wrote to its standard error.
package testproc

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// variable names the function that a child runs, in its environment.
const variable = "IPC_TESTPROC"

// TB is what this package needs of a test; *testing.T and *rapid.T have it.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

var programs = map[string]func(*Child){}

// Register makes f known as name, to be called from an init function. The
// child ends with status 0 when f returns.
func Register(name string, f func(*Child)) {
	if programs[name] != nil {
		panic("testproc: " + name + " is registered twice")
	}
	programs[name] = f
}

// Main is the whole of a TestMain: in a child it runs the child's function,
// otherwise the tests. It does not return.
func Main(m *testing.M) {
	name := os.Getenv(variable)
	if name == "" {
		os.Exit(m.Run())
	}
	f := programs[name]
	if f == nil {
		fmt.Fprintf(os.Stderr, "testproc: no function %q is registered in this test binary\n", name)
		os.Exit(2)
	}
	f(newChild())
	os.Exit(0)
}

// nothing is the child that ends at once.
const nothing = "nothing"

func init() { Register(nothing, func(*Child) {}) }

// Nothing runs a child that does nothing, from a test or from another child.
func Nothing() error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), variable+"="+nothing)
	return cmd.Run()
}

// longest is the most that anything may take. Tests that pass never wait for
// it.
const longest = 60 * time.Second

// Limit is how long a test may wait for something that must happen: what is
// left until the test's own deadline, less a second for the report, at most a
// minute.
func Limit(t TB) time.Duration {
	limit := longest
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := d.Deadline(); ok {
			limit = min(limit, time.Until(end)-time.Second)
		}
	}
	return max(limit, time.Second)
}
