//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/winsys-go/ipc"
)

// TestCloseNamespaceEndsWaits closes attachments that have blocked waits, while
// others come, which reuse what those that leave give back.
func TestCloseNamespaceEndsWaits(t *testing.T) {
	keeper := ownNamespace(t)
	must(keeper.CreateEvent("e", &ipc.EventOptions{ManualReset: true}))
	var visitors sync.WaitGroup
	for range 8 {
		visitors.Go(func() {
			for range 40 {
				n := must(ipc.OpenNamespace(keeper.Dir(), nil))
				e := must(n.OpenEvent("e"))
				var waits sync.WaitGroup
				for range 6 {
					waits.Go(func() {
						if err := e.Wait(context.Background()); !errors.Is(err, ipc.ErrClosed) {
							t.Errorf("got %v", err)
						}
					})
				}
				for must(e.Info()).Waiters == 0 {
				}
				n.Close()
				waits.Wait()
			}
		})
	}
	done := make(chan struct{})
	go func() { visitors.Wait(); close(done) }()
	select {
	case <-done:
	case <-within(t).Done():
		t.Fatal("a wait did not end")
	}
}
