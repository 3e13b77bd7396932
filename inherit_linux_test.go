package ipc_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/unixpipe"
)

func init() {
	testproc.Register("stranger", stranger)
	testproc.Register("permit-heir", permitHeir)
}

// readsAhead: what was looked at by Peek was read from the system.
const readsAhead = true

// manyGifts are nearly as many as a child can have.
const manyGifts = 900

// halfStarts: a process whose parent is killed in the midst of starting it is there
// for ever.
const halfStarts = false

// What this process keeps of an object that a child has taken, and whether a child
// has it when this process ends before.
const (
	keptHere = 0
	survives = false
)

// inheritable looks for what children of this process would inherit: descriptors 3
// and 4 are where the first is that was handed to it.
func inheritable() error {
	for fd := uintptr(3); fd <= 4; fd++ {
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFD, 0)
		if errno != 0 || flags&syscall.FD_CLOEXEC == 0 {
			return fmt.Errorf("descriptor %d (%v)", fd, errno)
		}
	}
	return nil
}

// stranger may open pipes that it has inherited, but not the namespace.
func stranger(c *testproc.Child) {
	_, err := ipc.Inherited[*ipc.Event](0)
	if !errors.Is(err, ipc.ErrPermission) {
		c.Fatalf("an event: %v", err)
	}
	w := must(ipc.Inherited[*ipc.PipeWriter](1))
	must(io.WriteString(w, "hello"))
	c.Sayf("%v", err)
	c.Line()
}

// TestInheritOtherUser: a namespace stays closed to another user, and a pipe is
// open to whoever has it.
func TestInheritOtherUser(t *testing.T) {
	needRoot(t)
	n := pipeNamespace(t)
	e := must(n.CreateEvent("e", nil))
	r, w, _ := ipc.AnonymousPipe()
	defer r.Close()
	binary := must(os.Open(must(os.Executable())))
	defer binary.Close()
	p := testproc.StartWith(t, func(cmd *exec.Cmd) {
		cmd.Path = fmt.Sprint("/proc/self/fd/", binary.Fd())
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 12345, Gid: 12345}}
		if err := ipc.Inherit(cmd, e, w); err != nil {
			t.Fatal(err)
		}
	}, "stranger")
	w.Close()
	if got := p.Line(); !strings.Contains(got, "must be able to open the same namespace") {
		t.Error(got)
	}
	if text := must(io.ReadAll(io.LimitReader(r, 5))); string(text) != "hello" {
		t.Errorf("%q", text)
	}
	p.Kill()
}

func permitHeir(c *testproc.Child) {
	s := must(ipc.Inherited[*ipc.Semaphore](0))
	if ok, err := s.TryAcquire(); !ok || err != nil {
		c.Fatalf("%v %v", ok, err)
	}
	c.Sayf("acquired")
	c.Line()
}

// TestInheritReclaim: permits that the child has taken come back when it dies;
// those that this process has taken are its own. The semaphore is named, in
// another namespace than the child's own.
func TestInheritReclaim(t *testing.T) {
	n := pipeNamespace(t)
	s := must(n.CreateSemaphore("permits", &ipc.SemaphoreOptions{Initial: 3, Max: 3, ReclaimOnExit: true}))
	if ok, err := s.TryAcquire(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	p := giving(t, "permit-heir", s)
	p.Expect("acquired")
	if i := must(s.Info()); i.Count != 1 || i.Handles != 2 {
		t.Errorf("%d permits, %d handles", i.Count, i.Handles)
	}
	p.Kill()
	eventually(t, "the child's permit is back", func() bool { return must(s.Info()).Count == 2 })
	if i := must(s.Info()); i.Handles != 1 || len(i.Holders) != 1 || i.Holders[0].Permits != 1 {
		t.Errorf("%+v", i)
	}
}

// TestInheritConnWithRing: a connection whose data go through memory stays, and
// goes on.
func TestInheritConnWithRing(t *testing.T) {
	t.Cleanup(unixpipe.SetOffer(0))
	n := pipeNamespace(t)
	server, client := pipePair(t, n, nil)
	for range 3 { // the first write offers the memory
		swap(t, client, server)
		swap(t, server, client)
	}
	for _, c := range []*ipc.PipeConn{server, client} {
		if err := ipc.Inherit(exec.Command("x"), c); !errors.Is(err, ipc.ErrInvalidUse) {
			t.Error(err)
		}
	}
	swap(t, client, server)
	swap(t, server, client)
}
