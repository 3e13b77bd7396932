//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/winsys-go/ipc"
)

// TestCancelAtTheSignal cancels a thousand waits at the moment of their signal:
// each has consumed it, or was cancelled and left it.
func TestCancelAtTheSignal(t *testing.T) {
	n := ownNamespace(t)
	event := must(n.CreateEvent("", nil))
	other := must(n.CreateEvent("", nil))
	always := must(n.CreateEvent("", &ipc.EventOptions{ManualReset: true, InitiallySet: true}))
	semaphore := must(n.CreateSemaphore("", &ipc.SemaphoreOptions{Max: 1}))
	mutex := must(n.CreateMutex("", nil))
	holder := ipc.NewOwner()
	any := func(ctx context.Context) error { _, err := ipc.WaitAny(ctx, other, event); return err }
	all := func(ctx context.Context) error { _, err := ipc.WaitAll(ctx, always, event); return err }
	for _, c := range []struct {
		name   string
		info   func() (ipc.Info, error)
		before func()
		signal func() error
		wait   func(context.Context) error
		left   func() bool // takes the signal if it is still there
	}{
		{"event", event.Info, nil, event.Set, event.Wait, func() bool { return must(event.TryWait()) }},
		{"wait-any", event.Info, nil, event.Set, any, func() bool { return must(event.TryWait()) }},
		{"wait-all", event.Info, nil, event.Set, all, func() bool { return must(event.TryWait()) }},
		{
			"semaphore", semaphore.Info, nil,
			func() error { _, err := semaphore.Release(1); return err },
			semaphore.Acquire, func() bool { return must(semaphore.TryAcquire()) },
		},
		{
			"mutex", mutex.Info,
			func() { must(holder.Lock(context.Background(), mutex)) },
			func() error { return holder.Unlock(mutex) },
			func(ctx context.Context) error {
				_, err := mutex.Lock(ctx)
				if err == nil {
					err = mutex.Unlock()
				}
				return err
			},
			func() bool { return false },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cancelled := 0
			for range 1000 {
				if c.before != nil {
					c.before()
				}
				ctx, cancel := context.WithCancel(context.Background())
				result := make(chan error, 1)
				go func() { result <- c.wait(ctx) }()
				for must(c.info()).Waiters == 0 {
					runtime.Gosched()
				}
				var both sync.WaitGroup
				both.Go(cancel)
				if err := c.signal(); err != nil {
					t.Fatal(err)
				}
				both.Wait()
				err := <-result
				left := c.left()
				switch {
				case err == nil && left:
					t.Fatal("the wait succeeded and the signal is still there")
				case errors.Is(err, context.Canceled):
					cancelled++
					if !left && c.name != "mutex" {
						t.Fatal("the wait was cancelled and the signal is lost")
					}
				case err != nil:
					t.Fatal(err)
				}
			}
			t.Logf("%d of 1000 were cancelled", cancelled)
		})
	}
}

// TestCloseEndsWaits closes a handle while goroutines come to wait through it.
func TestCloseEndsWaits(t *testing.T) {
	n := ownNamespace(t)
	for range 200 {
		e := must(n.CreateEvent("", nil))
		var waits sync.WaitGroup
		for range 4 {
			waits.Go(func() {
				if err := e.Wait(context.Background()); !errors.Is(err, ipc.ErrClosed) {
					t.Errorf("got %v", err)
				}
			})
		}
		e.Close()
		waits.Wait()
	}
}
