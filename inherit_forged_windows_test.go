package ipc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/bequest"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/win32"
)

func init() {
	testproc.Register("self-forger", selfForger)
	testproc.Register("twice-heir", twiceHeir)
	testproc.Register("other-child", otherChild)
}

// A forgedGift is what the variable says of one object.
type forgedGift map[string]any

// setNote changes what it says of a handle.
func (g forgedGift) setNote(key string, value any) {
	g["at"].([]any)[0].(map[string]any)[key] = value
}

// forging changes the gifts of a variable.
func forging(change func(g []forgedGift)) func(*exec.Cmd, string) string {
	return func(_ *exec.Cmd, text string) string {
		var gifts []forgedGift
		must(0, json.Unmarshal([]byte(text), &gifts))
		change(gifts)
		return string(must(json.Marshal(gifts)))
	}
}

// forgeries change the variable, and the command, of a child that is to have an
// event of n and the reader of a pipe.
func forgeries(t *testing.T, n *ipc.Namespace, m *ipc.Mutex, w *ipc.PipeWriter) map[string]func(cmd *exec.Cmd, text string) string {
	both := func(key string, value any) func(*exec.Cmd, string) string {
		return forging(func(g []forgedGift) {
			g[0].setNote(key, value)
			g[1].setNote(key, value)
		})
	}
	constant := func(text string) func(*exec.Cmd, string) string {
		return func(*exec.Cmd, string) string { return text }
	}
	return map[string]func(cmd *exec.Cmd, text string) string{
		"nothing":             constant(""),
		"nonsense":            constant("{]"),
		"no list":             constant("{}"),
		"empty gifts":         constant("[{},{}]"),
		"types without more":  constant(`[{"type":"event"},{"type":"pipe reader"}]`),
		"other types":         constant(`[{"type":"soap"},{"type":"process"}]`),
		"no handle":           both("h", 0),
		"a handle of nothing": both("h", 0x7ffffffc),
		"no multiple of 4":    both("h", 0x1235),
		"a pseudo-handle":     both("h", uint64(windows.CurrentProcess())),
		"text as a handle":    both("h", "4"),
		"other rights":        both("a", 1),
		"a mutex as an event": forging(func(g []forgedGift) { g[0]["type"], g[1]["type"] = "mutex", "pipe writer" }),
		"each with the handle of the other": forging(func(g []forgedGift) {
			g[0]["at"], g[1]["at"] = g[1]["at"], g[0]["at"]
		}),
		"a mutex's handle": func(cmd *exec.Cmd, _ string) string {
			if err := ipc.Inherit(cmd, m); err != nil {
				t.Fatal(err)
			}
			_, text, _ := strings.Cut(cmd.Env[len(cmd.Env)-1], "=")
			return forging(func(g []forgedGift) { g[0]["at"], g[1]["at"] = g[2]["at"], g[2]["at"] })(cmd, text)
		},
		"many handles": forging(func(g []forgedGift) {
			all := append(g[0]["at"].([]any), g[1]["at"].([]any)...)
			g[0]["at"], g[1]["at"] = all, all
		}),
		"other names":       forging(func(g []forgedGift) { g[0]["name"], g[1]["pipe"] = "f", `\f` }),
		"no names":          forging(func(g []forgedGift) { delete(g[0], "name"); delete(g[1], "pipe") }),
		"another directory": forging(func(g []forgedGift) { g[0]["dir"] = n.Dir() + "x"; delete(g[1], "at") }),
		"what another process has inherited": func(cmd *exec.Cmd, text string) string {
			cmd.SysProcAttr = nil
			return text
		},
		"the other end": func(cmd *exec.Cmd, _ string) string {
			if err := ipc.Inherit(cmd, w); err != nil {
				t.Fatal(err)
			}
			_, text, _ := strings.Cut(cmd.Env[len(cmd.Env)-1], "=")
			return forging(func(g []forgedGift) { g[0]["at"], g[1]["at"] = nil, g[2]["at"] })(cmd, text)
		},
		"a pipe that is not overlapped": func(cmd *exec.Cmd, text string) string {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			loan := must(bequest.Lend(windows.Handle(r.Fd())))
			t.Cleanup(func() { loan.Close() })
			cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, syscall.Handle(loan.Handle))
			return forging(func(g []forgedGift) {
				g[0]["at"], g[1]["at"] = []bequest.Note{loan.Note}, []bequest.Note{loan.Note}
				g[1]["pipe"] = must(bequest.PipeName(loan.Handle))
			})(cmd, text)
		},
	}
}

// selfForger says that it has inherited an event of its own, and its standard input.
func selfForger(c *testproc.Child) {
	own := must(windows.CreateEvent(nil, 0, 0, nil))
	note := func(h windows.Handle) string {
		return fmt.Sprintf(`"at":[{"h":%d,"a":%d}]`, h, must(win32.QueryObject(h)).Access)
	}
	os.Setenv("IPC_INHERITED", fmt.Sprintf(`[{"type":"event",%s},{"type":"pipe reader",%s,"pipe":"x"}]`, note(own), note(windows.Stdin)))
	_, event := ipc.Inherited[*ipc.Event](0)
	_, reader := ipc.Inherited[*ipc.PipeReader](1)
	if !errors.Is(event, ipc.ErrNotExist) || !errors.Is(reader, ipc.ErrNotExist) {
		c.Fatalf("%v; %v", event, reader)
	}
	must(0, windows.SetEvent(own))
	c.Sayf("%s", c.Line())
}

// TestInheritOwn: what a process has by itself is not taken for inherited, and goes
// on as before.
func TestInheritOwn(t *testing.T) {
	p := testproc.Start(t, "self-forger")
	p.Sayf("hello")
	p.Expect("hello")
	p.Wait()
}

// twiceHeir is told of one event twice.
func twiceHeir(c *testproc.Child) {
	e := must(ipc.Inherited[*ipc.Event](0))
	if _, err := ipc.Inherited[*ipc.Event](1); !errors.Is(err, ipc.ErrNotExist) {
		c.Fatalf("the second: %v", err)
	}
	must(0, e.Set())
	c.Sayf("set")
	c.Line()
}

// TestInheritTwice: no two objects have the same handle.
func TestInheritTwice(t *testing.T) {
	e := must(ipc.CreateEvent("", nil))
	defer e.Close()
	p := testproc.StartWith(t, func(cmd *exec.Cmd) {
		must(0, ipc.Inherit(cmd, e))
		name, text, _ := strings.Cut(cmd.Env[len(cmd.Env)-1], "=")
		text = strings.Trim(text, "[]")
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=[%s,%s]", name, text, text))
	}, "twice-heir")
	p.Expect("set")
	must(0, e.Wait(t.Context()))
	p.Exit()
}

func otherChild(c *testproc.Child) {
	if err := inheritable(); err != nil {
		c.Fatalf("it has inherited %v", err)
	}
	c.Sayf("nothing")
	c.Line()
}

// TestInheritOtherChild: what one child is to have another has not, though it is
// started meanwhile.
func TestInheritOtherChild(t *testing.T) {
	e := must(ipc.CreateEvent("", nil))
	defer e.Close()
	cmd := exec.Command("x")
	must(0, ipc.Inherit(cmd, e))
	if inheritable() == nil {
		t.Error("there is nothing that could be inherited")
	}
	p := testproc.Start(t, "other-child")
	p.Expect("nothing")
	p.Exit()
	runtime.KeepAlive(cmd)
}

// TestInheritOneChild: other commands with the same attributes, and attributes by
// which nothing is inherited.
func TestInheritOneChild(t *testing.T) {
	e := must(ipc.CreateEvent("", nil))
	defer e.Close()
	shared := &syscall.SysProcAttr{HideWindow: true}
	cmd := exec.Command("x")
	cmd.SysProcAttr = shared
	must(0, ipc.Inherit(cmd, e))
	must(0, ipc.Inherit(cmd, e))
	if got := cmd.SysProcAttr; len(got.AdditionalInheritedHandles) != 2 || !got.HideWindow {
		t.Errorf("the command has %+v", got)
	}
	if len(shared.AdditionalInheritedHandles) != 0 {
		t.Errorf("others have %+v", shared)
	}
	for _, a := range []syscall.SysProcAttr{{NoInheritHandles: true}, {ParentProcess: 4}} {
		cmd := exec.Command("x")
		cmd.SysProcAttr = &a
		if err := ipc.Inherit(cmd, e); !errors.Is(err, ipc.ErrInvalid) {
			t.Errorf("%+v: %v", a, err)
		}
	}
}
