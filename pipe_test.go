//go:build linux || windows

package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// pipeNamespace opens a namespace of its own, in which nothing must be left at
// the end.
func pipeNamespace(t testing.TB) *ipc.Namespace {
	t.Helper()
	dir := testproc.TempDir(t, pipeParent)
	n := must(ipc.OpenNamespace(dir, nil))
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close the namespace: %v", err)
		}
		wantPipeFiles(t, dir)
	})
	return n
}

var pipePairs atomic.Int64

// pipePair makes both ends of a connection.
func pipePair(t testing.TB, n *ipc.Namespace, o *ipc.PipeOptions) (server, client *ipc.PipeConn) {
	t.Helper()
	name := fmt.Sprint("pair ", pipePairs.Add(1)) // on Windows a name is taken as long as there are connections
	l := must(n.ListenPipe(name, o))
	defer l.Close()
	client = must(n.TryDialPipe(name))
	server = must(l.AcceptPipe(t.Context()))
	t.Cleanup(func() {
		server.Close()
		client.Close()
	})
	return server, client
}

var pipeModes = []struct {
	name    string
	options ipc.PipeOptions
}{
	{"bytes", ipc.PipeOptions{}},
	{"messages", ipc.PipeOptions{MessageMode: true}},
	{"limited", ipc.PipeOptions{MaxInstances: 3}},
}

// TestPipeIsConn holds both ends to what net.Conn promises.
func TestPipeIsConn(t *testing.T) {
	for _, m := range pipeModes {
		t.Run(m.name, func(t *testing.T) {
			n := pipeNamespace(t)
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				l, err := n.ListenPipe("conn", &m.options)
				if err != nil {
					return nil, nil, nil, err
				}
				defer l.Close()
				client, err := n.TryDialPipe("conn")
				if err != nil {
					return nil, nil, nil, err
				}
				server, err := l.Accept()
				if err != nil {
					return nil, nil, nil, err
				}
				return client, server, func() { client.Close(); server.Close() }, nil
			})
		})
	}
}

// TestPipeIsListener holds a listener to what net.Listener promises.
func TestPipeIsListener(t *testing.T) {
	for _, m := range pipeModes {
		t.Run(m.name, func(t *testing.T) {
			n := pipeNamespace(t)
			var l net.Listener = must(n.ListenPipe(`\\.\pipe\L`, &m.options))
			if got := l.Addr().Network() + " " + l.Addr().String(); got != `pipe \\.\pipe\L` {
				t.Errorf("the address is %s", got)
			}
			client := must(n.DialPipe(t.Context(), "l"))
			server := must(l.Accept())
			must(client.Write([]byte("hello")))
			b := make([]byte, 10)
			if k := must(server.Read(b)); string(b[:k]) != "hello" {
				t.Errorf("read %q", b[:k])
			}
			client.Close()
			server.Close()

			l.(*ipc.PipeListener).SetDeadline(time.Now().Add(time.Millisecond))
			var timeout net.Error
			if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("after the deadline: %v", err)
			}
			l.(*ipc.PipeListener).SetDeadline(time.Time{})
			ctx, cancel := context.WithCancel(t.Context())
			context.AfterFunc(ctx, func() {})
			time.AfterFunc(time.Millisecond, cancel)
			if _, err := l.(*ipc.PipeListener).AcceptPipe(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("a cancelled accept: %v", err)
			}
			blocked := make(chan error, 2)
			for range 2 {
				go func() {
					_, err := l.Accept()
					blocked <- err
				}()
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			for range 2 {
				if err := <-blocked; !errors.Is(err, net.ErrClosed) || !errors.Is(err, ipc.ErrClosed) {
					t.Errorf("a blocked accept: %v", err)
				}
			}
			if err := l.Close(); err != nil {
				t.Errorf("closed again: %v", err)
			}
			if _, err := n.TryDialPipe("l"); !errors.Is(err, ipc.ErrNotExist) {
				t.Errorf("dial after close: %v", err)
			}
		})
	}
}

// TestPipeOfMessages: what is written at once is read as such, whatever its
// size.
func TestPipeOfMessages(t *testing.T) {
	n := pipeNamespace(t)
	server, client := pipePair(t, n, &ipc.PipeOptions{MessageMode: true})
	sizes := []int{0, 1, 64, 4095, 4096, 16 << 10, 16<<10 + 1, 256 << 10, 256<<10 + 1, 3<<20 + 17, 0, 5}
	go func() {
		for _, size := range sizes {
			if err := client.WriteMessage(bytes.Repeat([]byte{byte(size)}, size)); err != nil {
				t.Errorf("write %d bytes: %v", size, err)
			}
		}
		client.CloseWrite()
	}()
	for _, size := range sizes {
		m := must(server.ReadMessage())
		if !bytes.Equal(m, bytes.Repeat([]byte{byte(size)}, size)) || m == nil {
			t.Fatalf("a message of %d bytes came as one of %d", size, len(m))
		}
	}
	if _, err := server.ReadMessage(); err != io.EOF {
		t.Errorf("after the last: %v", err)
	}
	err := client.WriteMessage(nil)
	if !errors.Is(err, ipc.ErrBrokenPipe) || !strings.Contains(err.Error(), "CloseWrite was called") {
		t.Errorf("a write after CloseWrite: %v", err)
	}
}
