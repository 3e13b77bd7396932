package ipc_test

import (
	"testing"

	"github.com/winsys-go/ipc/internal/histories"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// TestHistories compares the package with its specification. The actors are
// attachments of this process, each of which is a process to the engine.
func TestHistories(t *testing.T) {
	histories.Run(t, 1000, func(t *testing.T, dir string) actor.Actor {
		a, err := actor.NewLocal(dir)
		if err != nil {
			t.Fatal(err)
		}
		return a
	})
}

// TestHistoriesOfProcesses does that with processes, which die of SIGKILL.
func TestHistoriesOfProcesses(t *testing.T) {
	histories.Run(t, 100, func(t *testing.T, dir string) actor.Actor {
		return actor.NewRemote(t, dir, "")
	})
}
