package ipc_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// pipeParent is where the directories of namespaces go.
const pipeParent = "/dev/shm"

// errBrokenPipe is the system's error of a write that nobody will read.
const errBrokenPipe = syscall.EPIPE

// thisUser is how a peer is told who the user of this process is.
func thisUser(testing.TB) string { return "" }

// errSecurity is what a descriptor comes to that is none.
var errSecurity = ipc.ErrUnsupported

// pipeDeviations are cases that this system is known to play otherwise.
func pipeDeviations() map[string]string { return nil }

// wantPipeFiles looks at what is beside the segment.
func wantPipeFiles(t testing.TB, dir string, want ...string) {
	t.Helper()
	var got []string
	for _, f := range must(os.ReadDir(dir)) {
		if f.Name() != "segment" {
			got = append(got, f.Name())
		}
	}
	if len(got) != len(want) {
		t.Errorf("in the directory: %q, want %q", got, want)
	}
}

// TestPipeStale: the files of a killed server are replaced, those of a living
// one are not.
func TestPipeStale(t *testing.T) {
	n := pipeNamespace(t)
	p := testproc.Start(t, "pipe-server", n.Dir(), "2", "bytes")
	p.Expect("listening")
	if _, err := n.ListenPipe("P", nil); !errors.Is(err, ipc.ErrExist) {
		t.Errorf("listen beside a living server: %v", err)
	}
	p.Kill()
	wantPipeFiles(t, n.Dir(), "card.p", "pipe.p", "wait.p")
	l := must(n.ListenPipe("P", nil))
	must(n.TryDialPipe("p")).Close()
	l.Close()
}

// TestPipeSwept: whoever begins to use the pipes of a namespace removes what
// the dead have left.
func TestPipeSwept(t *testing.T) {
	n := pipeNamespace(t)
	p := testproc.Start(t, "pipe-server", n.Dir(), "2", "bytes")
	p.Expect("listening")
	p.Kill()
	if list := must(n.Pipes()); len(list) != 0 {
		t.Errorf("there are still %+v", list)
	}
	wantPipeFiles(t, n.Dir())
}

// TestPipeHalfBegun: a server that dies while it begins leaves any of its files
// without the others. The next one begins all the same.
func TestPipeHalfBegun(t *testing.T) {
	n := pipeNamespace(t)
	names := []string{"card.p", "pipe.p", "wait.p"}
	for subset := range 1 << len(names) {
		p := testproc.Start(t, "pipe-server", n.Dir(), "2", "bytes")
		p.Expect("listening")
		p.Kill()
		for i, name := range names {
			if subset>>i&1 == 0 {
				must(0, os.Remove(filepath.Join(n.Dir(), name)))
			}
		}
		l, err := n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1})
		if err != nil {
			t.Fatalf("with the files %03b: %v", subset, err)
		}
		must(n.TryDialPipe("p")).Close()
		l.Close()
		wantPipeFiles(t, n.Dir())
	}
}

// descriptors counts those of this process.
func descriptors(t testing.TB) int {
	t.Helper()
	return len(must(os.ReadDir("/proc/self/fd")))
}
