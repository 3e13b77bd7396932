//go:build linux || windows

package ipc_test

import (
	"context"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// within is a context for what must happen.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), testproc.Limit(t))
	t.Cleanup(cancel)
	return ctx
}

// open opens the namespace that a child is given.
func open(c *testproc.Child) *ipc.Namespace {
	n, err := ipc.OpenNamespace(c.Args[0], nil)
	if err != nil {
		c.Fatalf("%v", err)
	}
	return n
}

// shorter is how often something is tried: less often where that takes long.
func shorter(n int) int {
	if raceEnabled || testing.Short() || testproc.UnderWine() {
		return max(n/10, 3)
	}
	return n
}
