//go:build linux || windows

package ipc_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("pipe-heir", pipeHeir)
	testproc.Register("conn-heir", connHeir)
	testproc.Register("one-way-heir", oneWayHeir)
	testproc.Register("middle-heir", middleHeir)
	testproc.Register("last-heir", lastHeir)
}

// pipeHeir copies one anonymous pipe into another, until its end.
func pipeHeir(c *testproc.Child) {
	r := must(ipc.Inherited[*ipc.PipeReader](0))
	w := must(ipc.Inherited[*ipc.PipeWriter](1))
	if err := inheritable(); err != nil {
		c.Fatalf("a child of this process would inherit %v", err)
	}
	if err := r.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		c.Fatalf("deadline: %v", err)
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.Fatalf("after the deadline: %v", err)
	}
	r.SetReadDeadline(time.Time{})
	c.Sayf("ready")
	if _, err := io.Copy(w, r); err != nil {
		c.Fatalf("%v", err)
	}
	w.Close()
	c.Sayf("end")
	c.Line()
}

// giving starts a child with objects.
func giving(t *testing.T, name string, objs ...ipc.Inheritable) *testproc.Proc {
	t.Helper()
	return testproc.StartWith(t, func(cmd *exec.Cmd) {
		if err := ipc.Inherit(cmd, objs...); err != nil {
			t.Fatal(err)
		}
	}, name)
}

// TestInheritAnonymousPipe: the child reads to the end when this process has
// closed its writer, and this process when the child has, or has died.
func TestInheritAnonymousPipe(t *testing.T) {
	for _, dies := range []bool{false, true} {
		files := descriptors(t)
		in, toChild, _ := ipc.AnonymousPipe()
		fromChild, out, _ := ipc.AnonymousPipe()
		p := giving(t, "pipe-heir", in, out)
		for _, c := range []io.Closer{in, out} {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
		p.Expect("ready")
		must(toChild.Write([]byte("through the child")))
		b := make([]byte, 100)
		if n := must(fromChild.Read(b)); string(b[:n]) != "through the child" {
			t.Errorf("read %q", b[:n])
		}
		// What was handed over is used here, too, as before.
		fromChild.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := fromChild.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after the deadline: %v", err)
		}
		fromChild.SetReadDeadline(time.Time{})
		if dies {
			p.Kill()
			if _, err := toChild.Write(b); !errors.Is(err, ipc.ErrBrokenPipe) {
				t.Errorf("nobody reads: %v", err)
			}
		} else {
			toChild.Close()
		}
		if _, err := fromChild.Read(b); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
		if !dies {
			p.Expect("end")
			p.Exit()
		}
		toChild.Close()
		fromChild.Close()
		eventually(t, "no descriptor is left", func() bool { return descriptors(t) <= files })
	}
}

// connHeir answers what comes, with its size, until the end.
func connHeir(c *testproc.Child) {
	conn := must(ipc.Inherited[*ipc.PipeConn](0))
	c.Sayf("%s %v %s", conn.Name(), conn.MessageMode(), conn.RemoteAddr())
	if _, err := conn.Peer(); err != nil {
		c.Fatalf("peer: %v", err)
	}
	for {
		b := make([]byte, 1<<20)
		n, err := conn.Read(b)
		if err == io.EOF {
			break
		}
		if err == nil {
			_, err = conn.Write([]byte{byte(n >> 16), byte(n >> 8), byte(n)})
		}
		if err != nil {
			c.Fatalf("%v", err)
		}
	}
	if err := conn.Close(); err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("end")
	c.Line()
}

// TestInheritConn hands either end over, before and after something was read.
func TestInheritConn(t *testing.T) {
	for _, m := range pipeModes {
		for _, which := range []string{"server", "client"} {
			for _, used := range []bool{false, true} {
				t.Run(m.name+"/"+which+map[bool]string{true: "/used"}[used], func(t *testing.T) {
					n := pipeNamespace(t)
					given, kept := pipePair(t, n, &m.options)
					if which == "client" {
						given, kept = kept, given
					}
					if used {
						swap(t, given, kept)
						swap(t, kept, given)
					}
					p := giving(t, "conn-heir", given)
					if _, err := given.Read(make([]byte, 1)); !errors.Is(err, ipc.ErrInvalidUse) {
						t.Errorf("read from what was handed over: %v", err)
					}
					if _, err := given.Write(make([]byte, 1)); !errors.Is(err, ipc.ErrInvalidUse) {
						t.Errorf("write to what was handed over: %v", err)
					}
					if err := ipc.Inherit(exec.Command("x"), given); !errors.Is(err, ipc.ErrInvalidUse) {
						t.Errorf("handed over again: %v", err)
					}
					given.Close()
					p.Expect(fmt.Sprintf(`%s %v \\.\pipe\%[1]s`, given.Name(), m.options.MessageMode))
					for _, size := range []int{1, 4000, 1000} {
						must(kept.Write(make([]byte, size)))
						b := make([]byte, 3)
						must(io.ReadFull(kept, b))
						if got := int(b[0])<<16 | int(b[1])<<8 | int(b[2]); got != size {
							t.Errorf("%d bytes came as %d", size, got)
						}
					}
					if err := kept.CloseWrite(); errors.Is(err, ipc.ErrUnsupported) {
						kept.Close()
						p.Expect("end")
					} else {
						p.Expect("end")
						if _, err := kept.Read(make([]byte, 1)); err != io.EOF {
							t.Errorf("at the end: %v", err)
						}
					}
					p.Exit()
				})
			}
		}
	}
}

// oneWayHeir uses a connection in the way that it goes.
func oneWayHeir(c *testproc.Child) {
	conn, b := must(ipc.Inherited[*ipc.PipeConn](0)), make([]byte, 10)
	if _, err := conn.Write([]byte("x")); err == nil {
		_, err = conn.Read(b)
		c.Sayf("has written, and may not read: %v", errors.Is(err, ipc.ErrPermission))
	} else {
		n := must(conn.Read(b))
		c.Sayf("may not write: %v, and has read %s", errors.Is(err, ipc.ErrPermission), b[:n])
	}
	c.Line()
}

// TestInheritDirection: an end goes the same way in the child.
func TestInheritDirection(t *testing.T) {
	n := pipeNamespace(t)
	for _, m := range []bool{false, true} {
		for _, d := range []ipc.PipeDirection{ipc.PipeInbound, ipc.PipeOutbound} {
			for _, which := range []string{"server", "client"} {
				given, kept := pipePair(t, n, &ipc.PipeOptions{Direction: d, MessageMode: m})
				if which == "client" {
					given, kept = kept, given
				}
				p := giving(t, "one-way-heir", given)
				given.Close()
				if (d == ipc.PipeInbound) == (which == "client") {
					if b := make([]byte, 10); must(kept.Read(b)) != 1 || b[0] != 'x' {
						t.Errorf("read %q", b)
					}
					p.Expect("has written, and may not read: true")
				} else {
					must(kept.Write([]byte("y")))
					p.Expect("may not write: true, and has read y")
				}
				p.Exit()
			}
		}
	}
}

// swap sends something from the one end to the other.
func swap(t *testing.T, from, to *ipc.PipeConn) {
	t.Helper()
	must(from.Write([]byte("x")))
	if n := must(to.Read(make([]byte, 10))); n != 1 {
		t.Fatalf("read %d bytes", n)
	}
}

// TestInheritConnInstance: an instance is in use as long as the child has it.
func TestInheritConnInstance(t *testing.T) {
	for _, used := range []bool{false, true} {
		n := pipeNamespace(t)
		l := must(n.ListenPipe("one", &ipc.PipeOptions{MaxInstances: 1}))
		client := must(n.TryDialPipe("one"))
		server := must(l.AcceptPipe(t.Context()))
		if used {
			swap(t, client, server)
		}
		p := giving(t, "conn-heir", server)
		server.Close()
		p.Expect(`one false \\.\pipe\one`)
		client.Close()
		p.Expect("end") // it has closed its end, and lives
		next := must(n.DialPipe(t.Context(), "one"))
		server = must(l.AcceptPipe(t.Context()))
		q := giving(t, "conn-heir", server)
		server.Close()
		q.Expect(`one false \\.\pipe\one`)
		if _, err := n.TryDialPipe("one"); !errors.Is(err, ipc.ErrPipeBusy) {
			t.Errorf("a second client: %v", err)
		}
		q.Kill()
		if _, err := next.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the server's process is dead: %v", err)
		}
		next.Close()
		last := must(n.DialPipe(t.Context(), "one"))
		last.Close()
		l.Close()
		p.Exit()
	}
}

// TestInheritConnUndone: an instance that was not handed over in the end is in use as
// before, and one whose child was never started is free when it is closed here.
func TestInheritConnUndone(t *testing.T) {
	n := pipeNamespace(t)
	l := must(n.ListenPipe("one", &ipc.PipeOptions{MaxInstances: 1}))
	defer l.Close()
	gone := must(n.CreateEvent("", nil))
	gone.Close()
	for range 3 {
		client := must(n.DialPipe(t.Context(), "one"))
		server := must(l.AcceptPipe(t.Context()))
		for range 3 {
			if err := ipc.Inherit(exec.Command("x"), server, gone); !errors.Is(err, ipc.ErrClosed) {
				t.Fatalf("with a closed event: %v", err)
			}
			swap(t, client, server)
			swap(t, server, client)
		}
		if _, err := n.TryDialPipe("one"); !errors.Is(err, ipc.ErrPipeBusy) {
			t.Errorf("a second client: %v", err)
		}
		must(0, ipc.Inherit(exec.Command("x"), server))
		must(0, server.Close())
		if _, err := client.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the server is closed: %v", err)
		}
		client.Close()
	}
}

// TestInheritConnRefuses: a connection in the midst of something stays here, and
// is as it was.
func TestInheritConnRefuses(t *testing.T) {
	n := pipeNamespace(t)
	server, client := pipePair(t, n, &ipc.PipeOptions{MessageMode: true})
	refused := func(what string, c *ipc.PipeConn, want error) {
		t.Helper()
		cmd := exec.Command("x")
		if err := ipc.Inherit(cmd, c); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
		if cmd.ExtraFiles != nil || cmd.SysProcAttr != nil || cmd.Env != nil {
			t.Errorf("%s: the command is %+v", what, cmd)
		}
	}
	files := descriptors(t)
	must(client.Write([]byte("hello")))
	if readsAhead {
		must(server.Peek(nil))
		refused("peeked", server, ipc.ErrInvalidUse)
	}
	if part, more, err := server.ReadPart(make([]byte, 2)); part != 2 || !more || err != nil {
		t.Fatal(part, more, err)
	}
	refused("half read", server, ipc.ErrInvalidUse)
	if m := must(server.ReadMessage()); string(m) != "llo" {
		t.Errorf("the rest is %q", m)
	}
	// Another object cannot be handed over.
	e := must(n.CreateEvent("", nil))
	e.Close()
	if err := ipc.Inherit(exec.Command("x"), server, e); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("with a closed event: %v", err)
	}
	if err := ipc.Inherit(exec.Command("x"), server, server); !errors.Is(err, ipc.ErrInvalidUse) {
		t.Errorf("twice: %v", err)
	}
	if got := descriptors(t); got != files {
		t.Errorf("%d descriptors, %d before", got, files)
	}
	swap(t, client, server)
	swap(t, server, client)
	read := make(chan error)
	go func() {
		_, err := server.Read(make([]byte, 1))
		read <- err
	}()
	eventually(t, "a blocked read is in the way", func() bool {
		err := ipc.Inherit(exec.Command("x"), server)
		return errors.Is(err, ipc.ErrInvalidUse)
	})
	must(client.Write([]byte("x")))
	if err := <-read; err != nil && !errors.Is(err, ipc.ErrInvalidUse) {
		t.Error(err)
	}
	server.Disconnect()
	server.Close()
	refused("closed", server, net.ErrClosed)
}

// TestInheritForgotten: a command that is forgotten gives everything back.
func TestInheritForgotten(t *testing.T) {
	n := pipeNamespace(t)
	e := must(n.CreateEvent("e", nil))
	r, w, _ := ipc.AnonymousPipe()
	defer r.Close()
	defer w.Close()
	files := descriptors(t)
	for range 100 {
		if err := ipc.Inherit(exec.Command("x"), e, r, w); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "one handle and no duplicate are left", func() bool {
		collectGarbage()
		return must(e.Info()).Handles == 1 && descriptors(t) <= files
	})
}

// middleHeir hands on what it has inherited, and ends with its heir.
func middleHeir(c *testproc.Child) {
	r := must(ipc.Inherited[*ipc.PipeReader](0))
	w := must(ipc.Inherited[*ipc.PipeWriter](1))
	conn := must(ipc.Inherited[*ipc.PipeConn](2))
	e := must(ipc.Inherited[*ipc.Event](3))
	cmd := exec.Command(must(os.Executable()))
	cmd.Env = append(os.Environ(), "IPC_TESTPROC=last-heir")
	cmd.Stderr = os.Stderr
	must(cmd.StdinPipe()) // at whose end the child ends
	must(0, ipc.Inherit(cmd, r, w, conn, e))
	must(0, cmd.Start())
	for _, o := range []io.Closer{r, w, conn, e} {
		must(0, o.Close())
	}
	c.Sayf("handed on")
	if err := cmd.Wait(); err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("end")
	c.Line()
}

// lastHeir copies an anonymous pipe into another and answers a connection, until
// both end.
func lastHeir(c *testproc.Child) {
	r := must(ipc.Inherited[*ipc.PipeReader](0))
	w := must(ipc.Inherited[*ipc.PipeWriter](1))
	conn := must(ipc.Inherited[*ipc.PipeConn](2))
	must(io.Copy(w, r))
	must(io.Copy(conn, conn))
	must(0, must(ipc.Inherited[*ipc.Event](3)).Set())
	must(0, conn.Close())
	os.Exit(0)
}

// TestInheritOn: what was inherited can be handed on, and is the last heir's.
func TestInheritOn(t *testing.T) {
	n := pipeNamespace(t)
	e := must(n.CreateEvent("", nil))
	l := must(n.ListenPipe("one", &ipc.PipeOptions{MaxInstances: 1, MessageMode: true}))
	defer l.Close()
	client := must(n.TryDialPipe("one"))
	server := must(l.AcceptPipe(t.Context()))
	in, toHeir, _ := ipc.AnonymousPipe()
	fromHeir, out, _ := ipc.AnonymousPipe()
	p := giving(t, "middle-heir", in, out, server, e)
	for _, c := range []io.Closer{in, out, server} {
		must(0, c.Close())
	}
	p.Expect("handed on")
	must(toHeir.Write([]byte("a pipe")))
	must(0, toHeir.Close())
	b := make([]byte, 100)
	if n := must(fromHeir.Read(b)); string(b[:n]) != "a pipe" {
		t.Errorf("read %q", b[:n])
	}
	must(0, fromHeir.Close())
	must(client.Write([]byte("a connection")))
	if m := must(client.ReadMessage()); string(m) != "a connection" {
		t.Errorf("read %q", m)
	}
	if _, err := n.TryDialPipe("one"); !errors.Is(err, ipc.ErrPipeBusy) {
		t.Errorf("a second client: %v", err)
	}
	must(0, client.CloseWrite())
	if _, err := client.Read(b); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	must(0, e.Wait(t.Context()))
	p.Expect("end")
	p.Exit()
	client.Close()
	must(n.DialPipe(t.Context(), "one")).Close()
}
