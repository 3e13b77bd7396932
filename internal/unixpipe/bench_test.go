//go:build linux

package unixpipe

import (
	"fmt"
	"io"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

// BenchmarkThroughRing is a write and a read of it, one after the other: what
// the ring costs when nobody waits.
func BenchmarkThroughRing(b *testing.B) {
	for _, m := range []bool{false, true} {
		for _, size := range []int{64, 4 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("messages=%v/%d", m, size), func(b *testing.B) {
				client, server := connect(b, backend.PipeSpec{Message: m})
				force(b)
				client.outgoing.budget = 0
				warm(b, client, server, 100)
				piece := make([]byte, size)
				b.ReportAllocs()
				for b.Loop() {
					must(client.Write(piece))
					must(io.ReadFull(server, piece))
				}
			})
		}
	}
}
