//go:build linux

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
	testproc.Register("stranger", stranger)
	testproc.Register("late-giver", lateGiver)
	testproc.Register("late-heir", lateHeir)
	testproc.Register("permit-heir", permitHeir)
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
	forged := map[string]func(cmd *exec.Cmd, text string) string{
		"nothing":            func(*exec.Cmd, string) string { return "" },
		"nonsense":           func(*exec.Cmd, string) string { return "{]" },
		"no list":            func(*exec.Cmd, string) string { return "{}" },
		"empty gifts":        func(*exec.Cmd, string) string { return "[{},{}]" },
		"types without more": func(*exec.Cmd, string) string { return `[{"type":"event"},{"type":"pipe reader"}]` },
		"other types":        func(*exec.Cmd, string) string { return `[{"type":"soap"},{"type":"process"}]` },
		"a mutex as an event": func(_ *exec.Cmd, s string) string {
			return strings.Replace(strings.Replace(s, "event", "mutex", 1), "pipe reader", "pipe writer", 1)
		},
		"an event with the mutex's handle": func(_ *exec.Cmd, s string) string {
			cmd := exec.Command("x")
			if err := ipc.Inherit(cmd, m); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { runtime.KeepAlive(cmd) })
			mutex := strings.TrimPrefix(cmd.Env[len(cmd.Env)-1], "IPC_INHERITED=")
			return strings.Replace(strings.Replace(mutex, `"type":"mutex"`, `"type":"event"`, 1), "]", `,{"type":"pipe reader","files":[{"fd":0}]}]`, 1)
		},
		"no such directory": func(_ *exec.Cmd, s string) string {
			return strings.Replace(strings.Replace(s, n.Dir(), n.Dir()+"/missing", 1), `"fd":3`, `"fd":-1`, 1)
		},
		"huge numbers": func(_ *exec.Cmd, s string) string {
			return strings.Replace(strings.Replace(s, `"h":`, `"h":4294967`, 1), `"fd":3`, `"fd":2147483647`, 1)
		},
		"another mark": func(_ *exec.Cmd, s string) string {
			return strings.Replace(strings.Replace(s, `"m":`, `"m":1`, 1), `"ino":`, `"ino":1`, 1)
		},
		"other files in front": func(cmd *exec.Cmd, s string) string {
			cmd.ExtraFiles = append([]*os.File{os.Stderr}, cmd.ExtraFiles...)
			return strings.Replace(s, `"u":`, `"u":9`, 1)
		},
		"what another process has inherited": func(cmd *exec.Cmd, s string) string {
			cmd.ExtraFiles = nil
			return strings.Replace(s, `"g":`, `"g":2`, 1)
		},
	}
	for name, forge := range forged {
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
	p := giving(t, "many-heir", all(900)...)
	p.Expect("900")
	if err := e.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if h := must(e.Info()).Handles; h != 901 {
		t.Errorf("%d handles", h)
	}
	p.Kill()
	eventually(t, "the child's handles are closed", func() bool { return must(e.Info()).Handles == 1 })
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

// lateGiver starts a child with an event and a pipe, and dies before that takes
// them.
func lateGiver(c *testproc.Child) {
	n := must(ipc.OpenNamespace(c.Args[0], nil))
	e := must(n.CreateEvent("late", nil))
	r, w, _ := ipc.AnonymousPipe()
	must(io.WriteString(w, "hello"))
	w.Close()
	cmd := exec.Command(must(os.Executable()), fmt.Sprint(os.Getpid()))
	cmd.Env = append(os.Environ(), "IPC_TESTPROC=late-heir")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.NewFile(1, "stdout"), os.Stderr
	if err := ipc.Inherit(cmd, e, r); err != nil {
		c.Fatalf("%v", err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatalf("%v", err)
	}
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

func lateHeir(c *testproc.Child) {
	for fmt.Sprint(os.Getppid()) == c.Args[0] {
		time.Sleep(time.Millisecond)
	}
	_, err := ipc.Inherited[*ipc.Event](0)
	text, failed := io.ReadAll(must(ipc.Inherited[*ipc.PipeReader](1)))
	c.Sayf("%v, %s, %v", errors.Is(err, ipc.ErrNotExist), text, failed)
}

// TestInheritLate: an object that its giver did not live to hand over is gone, and
// says so. A pipe is the child's from its start.
func TestInheritLate(t *testing.T) {
	n := pipeNamespace(t)
	p := testproc.Start(t, "late-giver", n.Dir())
	p.Expect("true, hello, <nil>")
	p.Wait()
	if list := must(n.Objects()); len(list) != 0 {
		t.Errorf("left are %v", list)
	}
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

// hastyGiver hands objects to one child after the other, which it kills, until it
// is killed itself.
func hastyGiver(c *testproc.Child) {
	n := must(ipc.OpenNamespace(c.Args[0], nil))
	exe := must(os.Executable())
	c.Sayf("begins")
	for {
		e := must(n.CreateEvent("", nil))
		s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 9, Max: 9, ReclaimOnExit: true}))
		r, w, _ := ipc.AnonymousPipe()
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), "IPC_TESTPROC=hasty-heir")
		must(cmd.StdinPipe()) // at whose end the child ends
		if err := ipc.Inherit(cmd, e, s, r); err != nil {
			c.Fatalf("%v", err)
		}
		if err := cmd.Start(); err != nil {
			c.Fatalf("%v", err)
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
	n := pipeNamespace(t)
	for range shorter(20) {
		p := testproc.Start(t, "hasty-giver", n.Dir())
		p.Expect("begins")
		time.Sleep(time.Duration(rand.IntN(100_000)) * time.Microsecond)
		p.Kill()
		eventually(t, "no object is left", func() bool { return len(must(n.Objects())) == 0 })
	}
	s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 9, Max: 9, ReclaimOnExit: true}))
	if i := must(s.Info()); s.Existed() || i.Count != 9 || i.Handles != 1 {
		t.Errorf("%+v", i)
	}
}
