//go:build linux || windows

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// serveHere serves a pipe in a namespace of its own.
func serveHere(t *testing.T, o *ipc.PipeOptions) *ipc.Namespace {
	t.Helper()
	parent := "" // on Windows a directory stands for names, and is not looked at
	if runtime.GOOS == "linux" {
		parent = "/dev/shm"
	}
	n, err := ipc.OpenNamespace(filepath.Join(testproc.TempDir(t, parent), "ns"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	l, err := n.ListenPipe("greeter", o)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer()
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.GracefulStop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return n
}

// TestClients: 100 clients, each with a connection of its own, call at once.
func TestClients(t *testing.T) {
	const clients = 100
	calls := 20
	if testing.Short() {
		calls = 5
	}
	for name, o := range map[string]*ipc.PipeOptions{
		"any number": nil,
		"messages":   {MessageMode: true},
		"limited":    {MaxInstances: clients},
	} {
		t.Run(name, func(t *testing.T) {
			n := serveHere(t, o)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			var all sync.WaitGroup
			for i := range clients {
				all.Go(func() {
					c, err := dial("greeter", n.DialPipe)
					if err != nil {
						t.Error(err)
						return
					}
					defer c.Close()
					for k := range calls {
						// Some fit into a frame, some do not.
						whom := fmt.Sprint(i, k, strings.Repeat("x", (i*k)%3*10_000))
						if got, err := greet(ctx, c, whom); err != nil || got != "hello, "+whom {
							t.Errorf("client %d, call %d: %d bytes, %v", i, k, len(got), err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// TestNobody: a pipe that nobody serves is an error of the call.
func TestNobody(t *testing.T) {
	n := serveHere(t, nil)
	c, err := dial("nobody", n.DialPipe)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := greet(ctx, c, "x"); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("a call to nobody: %v", err)
	}
}
