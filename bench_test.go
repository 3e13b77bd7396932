//go:build linux

package ipc_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/baseline"
)

// benchNamespace gives a namespace of the benchmark's own.
func benchNamespace(tb testing.TB) *ipc.Namespace {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		tb.Fatal(err)
	}
	n, err := ipc.OpenNamespace(dir, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		n.Close()
		os.RemoveAll(dir)
	})
	return n
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}

// compare runs pair and the baseline in turn, several rounds, and reports the
// median of the rounds' ratios as "x-c" beside the time of a pair.
func compare(b *testing.B, what string, pair func(n int)) {
	c := baseline.Build(b)
	const rounds, n = 9, 200_000
	var ours, ratios []float64
	for range rounds {
		start := time.Now()
		pair(n)
		t := float64(time.Since(start).Nanoseconds()) / float64(n)
		ours = append(ours, t)
		ratios = append(ratios, t/c.Run(b, what, n))
	}
	b.ReportMetric(median(ours), "ns/pair")
	b.ReportMetric(median(ratios), "x-c")
	b.ReportMetric(testing.AllocsPerRun(100, func() { pair(1) }), "allocs/pair")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkUncontended is what an operation costs that nobody disturbs. The
// baseline of all three is the robust mutex of the C library; "semaphore-sem"
// is measured against its semaphore.
func BenchmarkUncontended(b *testing.B) {
	n := benchNamespace(b)
	ctx := context.Background()
	e := must(n.CreateEvent("", nil))
	m := must(n.CreateMutex("", nil))
	s := must(n.CreateSemaphore("", &ipc.SemaphoreOptions{Max: 10}))
	event := func(k int) {
		for range k {
			e.Set()
			e.TryWait()
		}
	}
	semaphore := func(k int) {
		for range k {
			s.Release(1)
			s.TryAcquire()
		}
	}
	mutex := func(k int) {
		for range k {
			m.Lock(ctx)
			m.Unlock()
		}
	}
	b.Run("Set+TryWait", func(b *testing.B) { compare(b, "mutex", event) })
	b.Run("Release+TryAcquire", func(b *testing.B) { compare(b, "mutex", semaphore) })
	b.Run("Lock+Unlock", func(b *testing.B) { compare(b, "mutex", mutex) })
	b.Run("Release+TryAcquire/sem", func(b *testing.B) { compare(b, "semaphore", semaphore) })
}

// BenchmarkObject is the life of a handle.
func BenchmarkObject(b *testing.B) {
	n := benchNamespace(b)
	kept := must(n.CreateEvent("kept", nil))
	defer kept.Close()
	b.Run("Create+Close", func(b *testing.B) {
		for b.Loop() {
			must(n.CreateEvent("new", nil)).Close()
		}
	})
	b.Run("Open+Close", func(b *testing.B) {
		for b.Loop() {
			must(n.OpenEvent("kept")).Close()
		}
	})
}
