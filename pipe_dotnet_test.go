//go:build linux

package ipc_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("dotnet-server", dotNetServer) }

var dotNet = &ipc.PipeOptions{DotNet: true}

// dotNetServer serves a pipe until it is killed.
func dotNetServer(c *testproc.Child) {
	must(must(ipc.OpenNamespace(c.Args[0], nil)).ListenPipe("Chat", dotNet))
	c.Sayf("listens")
	c.Line()
}

// dotNetTemp has .NET look in a directory of its own.
func dotNetTemp(t *testing.T) (path string) {
	t.Helper()
	dir := testproc.TempDir(t, "")
	t.Setenv("TMPDIR", dir)
	return filepath.Join(dir, "CoreFxPipe_Chat")
}

// TestPipeDotNet: what connects to the place where .NET looks, as its clients do,
// is a client like others; the place is given up with the name.
func TestPipeDotNet(t *testing.T) {
	path := dotNetTemp(t)
	n := pipeNamespace(t)
	l := must(n.ListenPipe(`\\.\pipe\Chat`, dotNet))
	client := must(net.Dial("unix", path))
	server := must(l.AcceptPipe(t.Context()))
	must(client.Write([]byte("from .NET")))
	b := make([]byte, 20)
	if k := must(server.Read(b)); string(b[:k]) != "from .NET" {
		t.Errorf("the server read %q", b[:k])
	}
	must(server.Write([]byte("from Go")))
	server.CloseWrite()
	if text := must(io.ReadAll(client)); string(text) != "from Go" {
		t.Errorf("the client read %q", text)
	}
	client.Close()
	server.Close()
	// Clients that use the package find it as ever.
	must(n.TryDialPipe("chat")).Close()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close: %v", err)
	}
}

// TestPipeDotNetStale: what a dead server has left there is replaced, one of the
// same namespace, of another, and one of .NET.
func TestPipeDotNetStale(t *testing.T) {
	path := dotNetTemp(t)
	n, other := pipeNamespace(t), pipeNamespace(t)
	for what, die := range map[string]func(){
		"this namespace":    func() { killed(t, n) },
		"another namespace": func() { killed(t, other) },
		"a .NET server": func() {
			l := must(net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"}))
			l.SetUnlinkOnClose(false)
			l.Close()
		},
	} {
		die()
		if _, err := os.Lstat(path); err != nil {
			t.Fatalf("%s leaves nothing: %v", what, err)
		}
		l, err := n.ListenPipe("Chat", dotNet)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		must(net.Dial("unix", path)).Close()
		must(l.AcceptPipe(t.Context())).Close()
		l.Close()
	}
	must(other.Pipes()) // sweeps
}

func killed(t *testing.T, n *ipc.Namespace) {
	t.Helper()
	p := testproc.Start(t, "dotnet-server", n.Dir())
	p.Expect("listens")
	p.Kill()
}

// TestPipeDotNetInTheWay: what is not a dead server's stays, and then there is no
// pipe at all.
func TestPipeDotNetInTheWay(t *testing.T) {
	path := dotNetTemp(t)
	n, other := pipeNamespace(t), pipeNamespace(t)
	for what, put := range map[string]func() (remove func()){
		"an ordinary file": func() func() {
			must(0, os.WriteFile(path, []byte("precious"), 0o600))
			return func() {
				if text := must(os.ReadFile(path)); string(text) != "precious" {
					t.Errorf("the file has %q", text)
				}
				os.Remove(path)
			}
		},
		"a directory": func() func() {
			must(0, os.Mkdir(path, 0o700))
			return func() { must(0, os.Remove(path)) }
		},
		"a link to something else": func() func() {
			must(0, os.Symlink("/etc/passwd", path))
			return func() { must(0, os.Remove(path)) }
		},
		"a link to nothing": func() func() {
			must(0, os.Symlink("/nowhere", path))
			return func() { must(0, os.Remove(path)) }
		},
		"a server of .NET": func() func() {
			l := must(net.Listen("unix", path))
			return func() { l.Close() }
		},
		"a server of another namespace": func() func() {
			l := must(other.ListenPipe("Chat", dotNet))
			return func() { l.Close() }
		},
	} {
		remove := put()
		if _, err := n.ListenPipe("Chat", dotNet); !errors.Is(err, ipc.ErrExist) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := n.TryDialPipe("Chat"); !errors.Is(err, ipc.ErrNotExist) {
			t.Errorf("%s: dial: %v", what, err)
		}
		remove()
	}
	if _, err := n.ListenPipe(strings.Repeat("x", 100), dotNet); !errors.Is(err, ipc.ErrInvalidName) {
		t.Errorf("a name that is too long for .NET: %v", err)
	}
}
