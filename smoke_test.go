package ipc

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func ns(t *testing.T) *Namespace {
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil { t.Fatal(err) }
	n, err := OpenNamespace(dir, nil)
	if err != nil { t.Fatal(err) }
	t.Cleanup(func() { n.Close(); os.RemoveAll(dir) })
	return n
}

func TestSmoke(t *testing.T) {
	n := ns(t)
	e, err := n.CreateEvent("x", nil)
	if err != nil { t.Fatal(err) }
	if err := e.Set(); err != nil { t.Fatal(err) }
	ok, err := e.TryWait()
	if !ok || err != nil { t.Fatal(ok, err) }
	done := make(chan error)
	go func() { done <- e.Wait(context.Background()) }()
	for { i, err := e.Info(); if err != nil { t.Fatal(err) }; if i.Waiters == 1 { break } }
	e.Set()
	if err := <-done; err != nil { t.Fatal(err) }
	ctx, c := context.WithTimeout(context.Background(), 20*time.Millisecond); defer c()
	if err := e.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) { t.Fatal(err) }
	m, err := n.CreateMutex("m", nil)
	if err != nil { t.Fatal(err) }
	m2, _ := n.OpenMutex("m")
	if _, err := m.Lock(ctx); err != nil { t.Fatal(err) }
	go func() { _, err := m2.Lock(context.Background()); done <- err }()
	for { i, err := m.Info(); if err != nil { t.Fatal(err) }; if i.Waiters == 1 { break } }
	if err := m.Unlock(); err != nil { t.Fatal(err) }
	if err := <-done; err != nil { t.Fatal(err) }
	m2.Close()
	ok, ab, err := m.TryLock()
	if !ok || !ab || err != nil { t.Fatal(ok, ab, err) }
	s, err := n.CreateSemaphore("s", &SemaphoreOptions{Initial: 0, Max: 3, ReclaimOnExit: true})
	if err != nil { t.Fatal(err) }
	e.Set()
	if _, err := s.Release(2); err != nil { t.Fatal(err) }
	r, err := WaitAll(context.Background(), e, s)
	if err != nil { t.Fatal(err) }
	t.Log(r)
	tm, err := n.CreateTimer("t", nil)
	if err != nil { t.Fatal(err) }
	tm.Set(30*time.Millisecond, 10*time.Millisecond)
	for i := 0; i < 3; i++ {
	start := time.Now()
	if err := tm.Wait(context.Background()); err != nil { t.Fatal(err) }
	t.Log(time.Since(start))
	}
	p, err := OpenProcess(os.Getpid())
	if err != nil { t.Fatal(err) }
	e.Set()
	r, err = WaitAny(context.Background(), p, e)
	t.Log(r, err)
	objs, err := n.Objects()
	t.Logf("%+v %v", objs, err)
}

func BenchmarkEvent(b *testing.B) {
	dir, _ := os.MkdirTemp("/dev/shm", "ipc-test-*")
	defer os.RemoveAll(dir)
	n, err := OpenNamespace(dir, nil)
	if err != nil { b.Fatal(err) }
	defer n.Close()
	e, _ := n.CreateEvent("x", nil)
	m, _ := n.CreateMutex("m", nil)
	s, _ := n.CreateSemaphore("s", nil)
	b.Run("event", func(b *testing.B) { b.ReportAllocs(); for range b.N { e.Set(); e.TryWait() } })
	b.Run("sem", func(b *testing.B) { b.ReportAllocs(); for range b.N { s.TryAcquire(); s.Release(1) } })
	ctx := context.Background()
	b.Run("mutex", func(b *testing.B) { b.ReportAllocs(); for range b.N { m.Lock(ctx); m.Unlock() } })
	b.Run("create", func(b *testing.B) { b.ReportAllocs(); for range b.N { x, err := n.CreateEvent("y", nil); if err != nil { b.Fatal(err) }; x.Close() } })
	b.Run("open", func(b *testing.B) { b.ReportAllocs(); for range b.N { x, err := n.OpenEvent("x"); if err != nil { b.Fatal(err) }; x.Close() } })
}
