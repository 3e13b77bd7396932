//go:build linux || windows

package ipc_test

import (
	"context"
	"io"
	"testing"

	"github.com/winsys-go/ipc"
)

// These are operations that nobody disturbs, within one process. What they cost
// beside others, and between processes, ./scripts/bench measures.

func BenchmarkEvent(b *testing.B) {
	e := must(pipeNamespace(b).CreateEvent("", nil))
	b.ReportAllocs()
	for b.Loop() {
		e.Set()
		if ok, err := e.TryWait(); !ok {
			b.Fatal("not signalled", err)
		}
	}
}

func BenchmarkSemaphore(b *testing.B) {
	s := must(pipeNamespace(b).CreateSemaphore("", &ipc.SemaphoreOptions{Max: 1}))
	b.ReportAllocs()
	for b.Loop() {
		s.Release(1)
		if ok, err := s.TryAcquire(); !ok {
			b.Fatal("no permit", err)
		}
	}
}

func BenchmarkMutex(b *testing.B) {
	ctx, m := context.Background(), must(pipeNamespace(b).CreateMutex("", nil))
	b.ReportAllocs()
	for b.Loop() {
		m.Lock(ctx)
		if err := m.Unlock(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMailslot(b *testing.B) {
	n := pipeNamespace(b)
	slot := must(n.CreateMailslot("bench", nil))
	defer slot.Close()
	w := must(n.OpenMailslot("bench"))
	defer w.Close()
	ctx, message := context.Background(), make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Put(ctx, message); err != nil {
			b.Fatal(err)
		}
		must(slot.GetInto(ctx, message))
	}
}

// BenchmarkPipe is a piece there and back, with a goroutine that sends back what
// comes.
func BenchmarkPipe(b *testing.B) {
	for _, m := range pipeModes[:2] {
		b.Run(m.name, func(b *testing.B) {
			server, client := pipePair(b, pipeNamespace(b), &m.options)
			go io.Copy(server, server)
			piece := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				must(client.Write(piece))
				must(io.ReadFull(client, piece))
			}
		})
	}
}
