package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
)

// stateOfBusyPipe is how ls shows a pipe with one client, which is all it can have.
const stateOfBusyPipe = "1/1 clients"

// halfCloses tells whether a client can say that it has sent all, and then read.
func halfCloses([]string) bool { return true }

// interrupt tells the process to end, and checks what it has said.
func (p *process) interrupt(stderr string) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	p.endsWith(exitInterrupted, stderr)
}

func untilClients(t *testing.T, dir, name string, many int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d clients of %s", many, name), func() bool {
		p := pipeOf(dir, name)
		return p != nil && p.Clients == many
	})
}

// clientsShown is what show tells of a pipe's clients; -1 if it does not know how
// many there are.
func clientsShown(many int, p *ipc.PipeInfo) string {
	if many < 0 {
		return fmt.Sprintf("socket %s\nnot told how many clients there are, and who\n", p.Path)
	}
	return fmt.Sprintf("clients %d\nsocket %s\nnot told who the clients are\n", many, p.Path)
}

// clientsInJSON is the end of a pipe's JSON.
func clientsInJSON(many int, p *ipc.PipeInfo) string {
	if many < 0 {
		return fmt.Sprintf(`,"path":%q}`, p.Path)
	}
	return fmt.Sprintf(`,"clients":%d,"path":%q}`, many, p.Path)
}

// serverShown is a pipe's server, which is this program, in text.
func serverShown(pid int) string { return fmt.Sprintf("%d %s", pid, filepath.Base(os.Args[0])) }

// serverInJSON is serverShown in JSON.
func serverInJSON(pid int) string {
	return fmt.Sprintf(`{"pid":%d,"command":%q}`, pid, filepath.Base(os.Args[0]))
}

// TestPipeLeftOver: input that is at hand when the last of several clients has
// left is not dropped without a word.
func TestPipeLeftOver(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	server := zeros(t, dir, "--count", "2")
	for range 2 {
		c := dialFrom(t, dir)
		c.CloseWrite()
		if n, err := io.Copy(io.Discard, c); err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		c.Close()
	}
	if r := server.ends(); r.status != exitFailed || !strings.Contains(r.err, errLeftOver.Error()) {
		t.Errorf("status %d, %s", r.status, r.err)
	}
}

// TestPipeDevice: a device that is no terminal is input like any other: a client
// that has sent all gets what it still reads.
func TestPipeDevice(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	server := zeros(t, dir)
	c := dialFrom(t, dir)
	c.CloseWrite()
	if n, err := io.CopyN(io.Discard, c, 30<<20); err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	c.Close()
	if r := server.ends(); r.status != exitFailed || !strings.Contains(r.err, errCutShort.Error()) {
		t.Errorf("status %d, %s", r.status, r.err)
	}
}

// zeros serves the pipe p with /dev/zero.
func zeros(t *testing.T, dir string, args ...string) *process {
	server := prepare(t, append([]string{"pipe", "listen", "p", "--namespace", dir}, args...)...)
	zero, err := os.Open("/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { zero.Close() })
	server.cmd.Stdin = zero
	server.begin()
	untilPipe(t, dir, "p")
	return server
}

// dialFrom connects to the pipe p.
func dialFrom(t *testing.T, dir string) *ipc.PipeConn {
	n, err := ipc.OpenNamespace(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	c, err := n.DialPipe(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
