package conformance

import (
	"runtime"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// A namespace is the package under test, in a namespace of its own.
type namespace struct {
	t      *testing.T
	dir    string
	global string
	traits Traits
	first  bool
}

// InOneProcess is the package in this process: what stands for processes are
// attachments of their own to a namespace.
func InOneProcess(t *testing.T, traits Traits) Backend {
	t.Helper()
	n := &namespace{t: t, dir: tempDir(t), traits: traits}
	n.traits.Clock, n.traits.Files = true, testproc.TempDir(t, "")
	return n
}

// InProcesses is the package in several processes: the case begins in this one,
// others are children, and every thread has its own where that is possible.
// Names with Global\ are in the directory global, which this process has to
// use as well; none are possible when it is empty.
func InProcesses(t *testing.T, traits Traits, global string) Backend {
	t.Helper()
	n := &namespace{t: t, dir: tempDir(t), global: global, traits: traits}
	n.traits.Clock, n.traits.Files = true, testproc.TempDir(t, "")
	n.traits.Spread, n.traits.Processes = true, true
	n.traits.Global = global != ""
	return n
}

// tempDir makes a directory in shared memory.
func tempDir(t *testing.T) string {
	t.Helper()
	parent := ""
	if runtime.GOOS == "linux" {
		parent = "/dev/shm"
	}
	return testproc.TempDir(t, parent)
}

func (n *namespace) Traits() Traits { return n.traits }

func (n *namespace) Process() actor.Actor {
	n.t.Helper()
	if n.traits.Processes && n.first {
		return actor.NewRemote(n.t, n.dir, n.global)
	}
	n.first = true
	a, err := actor.NewLocal(n.dir)
	if err != nil {
		n.t.Fatal(err)
	}
	return a
}

func (n *namespace) Leftover() ([]string, error) {
	space, err := ipc.OpenNamespace(n.dir, nil)
	if err != nil {
		return nil, err
	}
	defer space.Close()
	list, err := space.Objects()
	var names []string
	for _, i := range list {
		names = append(names, i.Type+" "+i.Name)
	}
	return names, err
}
