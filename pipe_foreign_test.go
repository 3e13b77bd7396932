//go:build linux

package ipc_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// socat gives the program that plays the foreign peer.
func socat(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("socat")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("socat is missing: install it")
		}
		t.Skip("SKIPPED: socat is missing: install it to test with a foreign peer")
	}
	return path
}

func socketPath(l *ipc.PipeListener) string { return l.Addr().(*ipc.PipeAddr).Path }

// TestPipeForeignClient: a program that knows nothing of this package finds a
// stream of bytes and nothing else, in both modes.
func TestPipeForeignClient(t *testing.T) {
	program := socat(t)
	text := strings.Repeat("not a byte that was not written\n", 10_000)
	for _, mode := range []bool{false, true} {
		n := pipeNamespace(t)
		l := must(n.ListenPipe(`Path\To Pipe`, &ipc.PipeOptions{MessageMode: mode}))
		defer l.Close()
		cmd := exec.Command(program, "-t30", "-", "UNIX-CONNECT:"+socketPath(l))
		cmd.Stdin = strings.NewReader(text)
		var out bytes.Buffer
		cmd.Stdout = &out
		must(0, cmd.Start())
		c := must(l.AcceptPipe(within(t)))
		if peer := must(c.Peer()); peer.PID != cmd.Process.Pid {
			t.Errorf("the peer is process %d, socat is %d", peer.PID, cmd.Process.Pid)
		}
		if c.MessageMode() != mode {
			t.Error("the mode of the pipe depends on the peer")
		}
		if mode {
			echoMessages(t, c)
		} else {
			must(io.Copy(c, c))
		}
		c.Close()
		must(0, cmd.Wait())
		if out.String() != text {
			t.Errorf("of %d bytes, %d came back", len(text), out.Len())
		}
	}
}

// echoMessages sends back what comes as messages until the end.
func echoMessages(t *testing.T, c *ipc.PipeConn) {
	t.Helper()
	for {
		m, err := c.ReadMessage()
		if err == io.EOF {
			return
		}
		if err != nil || len(m) == 0 {
			t.Fatalf("read %d bytes, %v", len(m), err)
		}
		must(0, c.WriteMessage(m))
	}
}

// TestPipeForeignServer: a pipe may be served by another program. Its socket is
// not replaced while it is, and is when it is dead.
func TestPipeForeignServer(t *testing.T) {
	program := socat(t)
	n := pipeNamespace(t)
	l := must(n.ListenPipe("p", nil))
	path := socketPath(l)
	l.Close()
	cmd := exec.Command(program, "UNIX-LISTEN:"+path+",fork", "EXEC:cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	must(0, cmd.Start())
	var c *ipc.PipeConn
	eventually(t, "socat listens", func() bool {
		var err error
		c, err = n.TryDialPipe("p")
		return err == nil
	})
	must(c.Write([]byte("hello")))
	must(0, c.CloseWrite())
	if got := must(io.ReadAll(c)); string(got) != "hello" {
		t.Errorf("cat says %q", got)
	}
	c.Close()
	if _, err := c.ReadMessage(); !errors.Is(err, ipc.ErrInvalidUse) {
		t.Errorf("read a message: %v", err)
	}
	if _, err := n.ListenPipe("p", nil); !errors.Is(err, ipc.ErrExist) {
		t.Errorf("listen beside socat: %v", err)
	}
	must(0, syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL))
	cmd.Wait()
	eventually(t, "socat's children, which listen too, are gone", func() bool {
		c, err := n.TryDialPipe("p")
		if err == nil {
			c.Close()
		}
		return errors.Is(err, ipc.ErrNotExist)
	})
	must(0, must(n.ListenPipe("p", nil)).Close())
}

// TestPipeForeignLimits: a foreign peer counts as an instance, keeps to the
// direction, and sees the end when it is disconnected.
func TestPipeForeignLimits(t *testing.T) {
	n := pipeNamespace(t)
	l := must(n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
	defer l.Close()
	first := must(net.Dial("unix", socketPath(l)))
	defer first.Close()
	server := must(l.AcceptPipe(within(t)))
	if _, err := n.TryDialPipe("p"); !errors.Is(err, ipc.ErrPipeBusy) {
		t.Errorf("dial: %v", err)
	}
	second := must(net.Dial("unix", socketPath(l)))
	defer second.Close()
	waiting := make(chan *ipc.PipeConn)
	go func() {
		c, err := l.AcceptPipe(within(t))
		if err != nil {
			t.Error(err)
		}
		waiting <- c
	}()
	if _, err := second.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the second is not turned away: %v", err)
	}
	must(0, server.Disconnect())
	if _, err := first.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the first is not disconnected: %v", err)
	}
	server.Close()
	client := must(n.TryDialPipe("p"))
	client.Close()
	(<-waiting).Close()

	for _, d := range []ipc.PipeDirection{ipc.PipeInbound, ipc.PipeOutbound} {
		l := must(n.ListenPipe("one way", &ipc.PipeOptions{Direction: d}))
		peer := must(net.Dial("unix", socketPath(l)))
		server := must(l.AcceptPipe(within(t)))
		if d == ipc.PipeInbound {
			must(peer.Write([]byte("x")))
			must(server.Read(make([]byte, 1)))
			if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("read from an inbound pipe: %v", err)
			}
		} else {
			must(server.Write([]byte("x")))
			must(peer.Read(make([]byte, 1)))
			if _, err := peer.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
				t.Errorf("write to an outbound pipe: %v", err)
			}
		}
		server.Close()
		peer.Close()
		l.Close()
	}
}

// TestPipeInTheWay: what is not a socket of a dead server stays where it is.
func TestPipeInTheWay(t *testing.T) {
	for what, put := range map[string]func(path string) error{
		"a file":      func(path string) error { return os.WriteFile(path, []byte("precious"), 0o600) },
		"a directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"a link":      func(path string) error { return os.Symlink("/etc/passwd", path) },
		"a FIFO":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		for _, name := range []string{"pipe.p", "wait.p", "card.p"} {
			t.Run(what+" for "+name, func(t *testing.T) {
				n := pipeNamespace(t)
				path := filepath.Join(n.Dir(), name)
				must(0, put(path))
				before := must(os.Lstat(path))
				_, err := n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1})
				wantPipeError(t, "listen", err, ipc.ErrExist)
				if !strings.Contains(err.Error(), path) {
					t.Errorf("%q does not say what is in the way", err)
				}
				if _, err := n.TryDialPipe("p"); err == nil {
					t.Error("dialled")
				}
				must(n.Pipes())
				if after := must(os.Lstat(path)); !os.SameFile(before, after) || before.Mode() != after.Mode() {
					t.Error("it was touched")
				}
				must(0, os.Remove(path))
			})
		}
	}
}

// TestPipeLongNames: neither a name nor a directory is too long for a socket.
func TestPipeLongNames(t *testing.T) {
	dir := testproc.TempDir(t, "/dev/shm")
	for range 3 {
		dir = filepath.Join(dir, strings.Repeat("d", 100))
		must(0, os.Mkdir(dir, 0o700))
	}
	n := must(ipc.OpenNamespace(dir, nil))
	defer n.Close()
	var listeners []*ipc.PipeListener
	names := []string{"short", strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("ü", 256), strings.Repeat(`p\`, 127) + "x"}
	for _, name := range names {
		listeners = append(listeners, must(n.ListenPipe(name, &ipc.PipeOptions{MaxInstances: 1})))
	}
	for i, name := range names {
		c := must(n.TryDialPipe(strings.ToUpper(name)))
		s := must(listeners[i].AcceptPipe(within(t)))
		must(c.Write([]byte(name)))
		b := make([]byte, 1024)
		if k := must(s.Read(b)); string(b[:k]) != name {
			t.Errorf("the pipe of %q is that of %q", name, b[:k])
		}
		c.Close()
		s.Close()
	}
	if list := must(n.Pipes()); len(list) != len(names) {
		t.Errorf("%d pipes are listed", len(list))
	}
	for _, l := range listeners {
		must(0, l.Close())
	}
	wantPipeFiles(t, dir)
}
