// Package foreign starts a program that knows the synchronisation objects of
// Windows and nothing of this project, as a peer for tests:
// testdata/peer.c, which has its commands.
//
//	p := foreign.Start(t)
//	h := p.Do("create event %s 0 0", name)
//	p.Do("set %d", h)
//	p.Exit()
package foreign

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/winsys-go/ipc/internal/testproc"
)

// variable has the path of the program, in the environment. scripts/wine builds
// it and sets the variable.
const variable = "IPC_FOREIGN_PEER"

// TB is what this package needs of a test.
type TB interface {
	testproc.TB
	Skip(args ...any)
}

// Need leaves the test out where there is no such program.
func Need(t TB) {
	t.Helper()
	if os.Getenv(variable) == "" {
		t.Skip("SKIPPED: needs " + variable + ", the path of the foreign program: run scripts/wine test")
	}
}

// A Peer is such a program that runs.
type Peer struct {
	*testproc.Proc
	t TB
}

// Start starts one. The test must end it, with Exit, Kill or Wait.
func Start(t TB) *Peer {
	t.Helper()
	Need(t)
	path := os.Getenv(variable)
	change := func(c *exec.Cmd) { c.Path, c.Args = path, []string{path} }
	return &Peer{testproc.StartWith(t, change, "foreign peer"), t}
}

// Ask gives the answer to a command.
func (p *Peer) Ask(format string, args ...any) string {
	p.t.Helper()
	p.Sayf(format, args...)
	return p.Line()
}

// Answers asserts the answer to a command.
func (p *Peer) Answers(want, format string, args ...any) {
	p.t.Helper()
	if got := p.Ask(format, args...); got != want {
		p.t.Fatalf("the foreign peer answers %q to %q, want %q", got, fmt.Sprintf(format, args...), want)
	}
}

// Do gives a command that must succeed, and gives the number in its answer.
func (p *Peer) Do(format string, args ...any) int {
	p.t.Helper()
	answer := p.Ask(format, args...)
	n, err := strconv.Atoi(strings.TrimPrefix(answer, "OK "))
	if err != nil {
		p.t.Fatalf("the foreign peer answers %q to %q", answer, fmt.Sprintf(format, args...))
	}
	return n
}

// Abort lets the program kill itself, and waits for its end.
func (p *Peer) Abort() {
	p.t.Helper()
	p.Sayf("abort")
	p.Wait()
}
