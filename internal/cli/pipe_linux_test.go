package cli

import (
	"fmt"
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
