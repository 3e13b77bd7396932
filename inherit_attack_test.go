//go:build linux || windows

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("forged-heir", forgedHeir)
	testproc.Register("many-heir", manyHeir)
	testproc.Register("late-giver", lateGiver)
	testproc.Register("late-heir", lateHeir)
	testproc.Register("orphan-giver", orphanGiver)
	testproc.Register("orphan", orphan)
	testproc.Register("hasty-giver", hastyGiver)
	testproc.Register("hasty-heir", hastyHeir)
}

func collectGarbage() { runtime.GC() }

// forgedHeir is told by its standard input what error there must be.
func forgedHeir(c *testproc.Child) {
	_, event := ipc.Inherited[*ipc.Event](0)
	_, reader := ipc.Inherited[*ipc.PipeReader](1)
	c.Sayf("%v; %v", event != nil, reader != nil)
	if event != nil && reader != nil {
		c.Sayf("%v", errors.Join(event, reader))
		c.Line()
	}
}

// TestInheritForged: a variable that says what is not so gives errors, and no
// object.
func TestInheritForged(t *testing.T) {
	n := pipeNamespace(t)
	e := must(n.CreateEvent("e", nil))
	m := must(n.CreateMutex("m", nil))
	r, w, _ := ipc.AnonymousPipe()
	defer r.Close()
	defer w.Close()
	for name, forge := range forgeries(t, n, m, w) {
		t.Run(name, func(t *testing.T) {
			p := testproc.StartWith(t, func(cmd *exec.Cmd) {
				if err := ipc.Inherit(cmd, e, r); err != nil {
					t.Fatal(err)
				}
				last := len(cmd.Env) - 1
				cmd.Env[last] = "IPC_INHERITED=" + forge(cmd, strings.TrimPrefix(cmd.Env[last], "IPC_INHERITED="))
			}, "forged-heir")
			p.Expect("true; true")
			t.Log(p.Line())
			p.Kill()
		})
	}
	if i := must(m.Info()); i.Owner != nil {
		t.Errorf("the mutex has an owner: %v", i.Owner)
	}
}

// TestInheritCopiedEnvironment: a copy of this process's environment has this
// process's own gifts, which are not the child's.
func TestInheritCopiedEnvironment(t *testing.T) {
	t.Setenv("IPC_INHERITED", `[{"type":"event"}]`)
	n := pipeNamespace(t)
	e := must(n.CreateEvent("e", nil))
	cmd := exec.Command("x")
	cmd.Env = os.Environ()
	if err := ipc.Inherit(cmd, e); err != nil {
		t.Fatal(err)
	}
	if last := cmd.Env[len(cmd.Env)-1]; strings.Count(last, `"type"`) != 1 {
		t.Error(last)
	}
}

func manyHeir(c *testproc.Child) {
	var last *ipc.Event
	k := 0
	for ; ; k++ {
		e, err := ipc.Inherited[*ipc.Event](k)
		if err != nil {
			break
		}
		last = e
	}
	c.Sayf("%d", k)
	if err := last.Set(); err != nil {
		c.Fatalf("%v", err)
	}
	c.Line()
}

// TestInheritMany: many objects go to one child, and too many are refused as a
// whole.
func TestInheritMany(t *testing.T) {
	n := pipeNamespace(t)
	e := must(n.CreateEvent("e", nil))
	all := func(many int) []ipc.Inheritable {
		list := make([]ipc.Inheritable, many)
		for i := range list {
			list[i] = e
		}
		return list
	}
	if err := ipc.Inherit(exec.Command("x"), all(5000)...); !errors.Is(err, ipc.ErrNoSpace) {
		t.Errorf("5000 objects: %v", err)
	}
	if h := must(e.Info()).Handles; h != 1 {
		t.Errorf("%d handles after it was refused", h)
	}
	p := giving(t, "many-heir", all(manyGifts)...)
	p.Expect(fmt.Sprint(manyGifts))
	if err := e.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if h := must(e.Info()).Handles; h != 1+manyGifts*(1+keptHere) {
		t.Errorf("%d handles", h)
	}
	p.Kill()
	eventually(t, "the child's handles are closed", func() bool { return must(e.Info()).Handles == 1+manyGifts*keptHere })
}

// TestInheritNeverTaken: what a child does not take is closed when its command is
// forgotten, and with this process's handle nothing is left.
func TestInheritNeverTaken(t *testing.T) {
	n := pipeNamespace(t)
	e := must(n.CreateEvent("e", nil))
	exe := must(os.Executable())
	func() {
		cmd := exec.Command(exe, "-test.run=^$")
		if err := ipc.Inherit(cmd, e); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if h := must(e.Info()).Handles; h != 2 {
			t.Errorf("%d handles while the command is there", h)
		}
	}()
	eventually(t, "one handle is left", func() bool {
		collectGarbage()
		return must(e.Info()).Handles == 1
	})
}

// lateGiver starts a child with an event and a pipe, and dies before that takes
// them.
func lateGiver(c *testproc.Child) {
	n := must(ipc.OpenNamespace(c.Args[0], nil))
	e := must(n.CreateEvent("late", nil))
	r, w, _ := ipc.AnonymousPipe()
	must(io.WriteString(w, "hello"))
	w.Close()
	bequeath(c, "late-heir", e, r)
}

// bequeath starts a child with objects, to which the conversation goes over, and
// kills this process.
func bequeath(c *testproc.Child, heir string, objs ...ipc.Inheritable) {
	cmd := exec.Command(must(os.Executable()), fmt.Sprint(os.Getpid()))
	cmd.Env = append(os.Environ(), "IPC_TESTPROC="+heir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.NewFile(uintptr(syscall.Stdout), "stdout"), os.Stderr
	if err := ipc.Inherit(cmd, objs...); err != nil {
		c.Fatalf("%v", err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatalf("%v", err)
	}
	must(os.FindProcess(os.Getpid())).Kill()
	select {}
}

// untilOrphan waits for the end of the parent.
func untilOrphan(c *testproc.Child) {
	if parent, err := ipc.OpenProcess(must(strconv.Atoi(c.Args[0]))); err == nil {
		must(0, parent.Wait(context.Background()))
	}
}

func lateHeir(c *testproc.Child) {
	untilOrphan(c)
	_, err := ipc.Inherited[*ipc.Event](0)
	text, failed := io.ReadAll(must(ipc.Inherited[*ipc.PipeReader](1)))
	c.Sayf("%v, %s, %v", errors.Is(err, ipc.ErrNotExist), text, failed)
}

// TestInheritLate: where an object is the child's from its start, as a pipe is, the
// giver may die at once. Elsewhere the object is gone, and says so.
func TestInheritLate(t *testing.T) {
	n := pipeNamespace(t)
	p := testproc.Start(t, "late-giver", n.Dir())
	p.Expect(fmt.Sprintf("%v, hello, <nil>", !survives))
	p.Wait()
	eventually(t, "no object is left", func() bool { return len(must(n.Objects())) == 0 })
}

// orphanGiver leaves a connection to a child.
func orphanGiver(c *testproc.Child) {
	n := must(ipc.OpenNamespace(c.Args[0], nil))
	bequeath(c, "orphan", must(n.TryDialPipe("p")))
}

// orphan answers when its parent is dead.
func orphan(c *testproc.Child) {
	untilOrphan(c)
	conn := must(ipc.Inherited[*ipc.PipeConn](0))
	c.Sayf("alone")
	m := must(conn.ReadMessage())
	_, end := conn.ReadMessage()
	must(0, conn.WriteMessage(m))
	must(0, conn.CloseWrite())
	c.Sayf("%v", end)
}

// TestInheritOrphan: a connection goes on when the process that made it is dead, and
// each end understands that the other has sent all.
func TestInheritOrphan(t *testing.T) {
	n := pipeNamespace(t)
	l := must(n.ListenPipe("p", &messages))
	defer l.Close()
	p := testproc.Start(t, "orphan-giver", n.Dir())
	server := must(l.AcceptPipe(t.Context()))
	defer server.Close()
	p.Expect("alone")
	must(0, server.WriteMessage([]byte("hello")))
	must(0, server.CloseWrite())
	p.Expect("EOF")
	if m := must(server.ReadMessage()); string(m) != "hello" {
		t.Errorf("it says %q", m)
	}
	if m, err := server.ReadMessage(); err != io.EOF {
		t.Errorf("at the end: %q, %v", m, err)
	}
	p.Wait()
}

// hastyGiver hands objects to one child after the other, which it kills, until it
// is killed itself. Where that could leave a child half started for ever, it is not
// while it has the mutex locked that it has inherited.
func hastyGiver(c *testproc.Child) {
	n := must(ipc.OpenNamespace(c.Args[0], nil))
	starting := must(ipc.Inherited[*ipc.Mutex](0))
	exe := must(os.Executable())
	c.Sayf("begins")
	for {
		e := must(n.CreateEvent("", nil))
		s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 9, Max: 9, ReclaimOnExit: runtime.GOOS == "linux"}))
		r, w, _ := ipc.AnonymousPipe()
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), "IPC_TESTPROC=hasty-heir")
		must(cmd.StdinPipe()) // at whose end the child ends
		if err := ipc.Inherit(cmd, e, s, r); err != nil {
			c.Fatalf("%v", err)
		}
		if halfStarts {
			must(starting.Lock(context.Background()))
		}
		if err := cmd.Start(); err != nil {
			c.Fatalf("%v", err)
		}
		if halfStarts {
			must(0, starting.Unlock())
		}
		for _, o := range []io.Closer{e, s, r} {
			o.Close()
		}
		time.Sleep(time.Duration(rand.IntN(12000)) * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()
		w.Close()
	}
}

// hastyHeir takes what it is given and uses it, until it is killed.
func hastyHeir(c *testproc.Child) {
	e := must(ipc.Inherited[*ipc.Event](0))
	s := must(ipc.Inherited[*ipc.Semaphore](1))
	must(ipc.Inherited[*ipc.PipeReader](2))
	for {
		if err := errors.Join(e.Set(), s.Acquire(context.Background())); err != nil {
			c.Fatalf("%v", err)
		}
		must(s.Release(1))
	}
}

// TestInheritKilled: givers and heirs die at any moment, and nothing is left of
// what was on its way.
func TestInheritKilled(t *testing.T) {
	n, starting := pipeNamespace(t), must(ipc.CreateMutex("", nil))
	defer starting.Close()
	for range shorter(20) {
		p := testproc.StartWith(t, func(cmd *exec.Cmd) { must(0, ipc.Inherit(cmd, starting)) }, "hasty-giver", n.Dir())
		p.Expect("begins")
		time.Sleep(time.Duration(rand.IntN(100_000)) * time.Microsecond)
		if halfStarts {
			must(starting.Lock(t.Context()))
		}
		p.Kill()
		if halfStarts {
			must(0, starting.Unlock())
		}
		eventually(t, "no object is left", func() bool { return len(must(n.Objects())) == 0 })
	}
	s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 9, Max: 9, ReclaimOnExit: runtime.GOOS == "linux"}))
	if i := must(s.Info()); s.Existed() || i.Count != 9 || i.Handles != 1 {
		t.Errorf("%+v", i)
	}
}
