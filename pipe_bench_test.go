//go:build linux

package ipc_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("bench-pipe", benchPipe) }

// benchPipe serves a plain Unix socket, which everything is measured against,
// and pipes of both modes.
func benchPipe(c *testproc.Child) {
	n := open(c)
	for _, l := range []net.Listener{
		must(net.Listen("unix", filepath.Join(n.Dir(), "plain"))),
		must(n.ListenPipe("bytes", nil)),
		must(n.ListenPipe("messages", &ipc.PipeOptions{MessageMode: true})),
	} {
		go func() {
			for {
				conn := must(l.Accept())
				go func() {
					defer conn.Close()
					servePipe(conn)
				}()
			}
		}()
	}
	c.Sayf("ready")
	c.Line()
}

// servePipe takes orders: of what size the pieces are, how many come, and
// whether each is to be sent back or, after the last, one byte.
func servePipe(c net.Conn) {
	var piece []byte // kept: new memory costs more than what is measured
	for {
		var order [3]uint64
		if binary.Read(c, binary.LittleEndian, &order) != nil {
			return
		}
		if piece = piece[:min(order[0], uint64(cap(piece)))]; uint64(len(piece)) < order[0] {
			piece = make([]byte, order[0])
		}
		for range order[1] {
			must(io.ReadFull(c, piece))
			if order[2] == 1 {
				must(c.Write(piece))
			}
		}
		if order[2] == 0 {
			must(c.Write([]byte{1}))
		}
	}
}

// orderPipe sends so many pieces and returns how long one took.
func orderPipe(c net.Conn, piece []byte, count int, back bool) time.Duration {
	order := [3]uint64{uint64(len(piece)), uint64(count)}
	if back {
		order[2] = 1
	}
	must(0, binary.Write(c, binary.LittleEndian, &order))
	answer := make([]byte, len(piece))
	if !back {
		answer = answer[:1]
	}
	start := time.Now()
	for range count {
		must(c.Write(piece))
		if back {
			must(io.ReadFull(c, answer))
		}
	}
	if !back {
		must(io.ReadFull(c, answer))
	}
	return time.Since(start) / time.Duration(count)
}

// BenchmarkPipe measures round trips and one-way transfers between two
// processes, in turn with those of a plain Unix socket. "x-bytes" and
// "x-messages" are the medians of the ratios of time: below 1 is faster.
func BenchmarkPipe(b *testing.B) {
	n := benchNamespace(b)
	p := testproc.Start(b, "bench-pipe", n.Dir())
	p.Expect("ready")
	defer p.Kill()
	kinds := []string{"plain", "bytes", "messages"}
	conns := []net.Conn{
		must(net.Dial("unix", filepath.Join(n.Dir(), "plain"))),
		must(n.TryDialPipe("bytes")),
		must(n.TryDialPipe("messages")),
	}
	for _, c := range conns {
		defer c.Close()
	}
	for _, back := range []bool{true, false} {
		for _, size := range []int{64, 4 << 10, 16 << 10, 64 << 10, 1 << 20, 4 << 20} {
			name := fmt.Sprintf("send/%d", size)
			if back {
				name = fmt.Sprintf("round-trip/%d", size)
			}
			b.Run(name, func(b *testing.B) {
				const rounds = 15
				count := max(8, min(3000, (16<<20)/size))
				piece := make([]byte, size)
				times := make([][]float64, len(conns))
				for _, c := range conns {
					orderPipe(c, piece, 1, back)
				}
				for range rounds {
					for i, c := range conns {
						times[i] = append(times[i], float64(orderPipe(c, piece, count, back)))
					}
				}
				for i, kind := range kinds {
					b.ReportMetric(median(times[i]), "ns-"+kind)
					if i > 0 {
						ratios := make([]float64, rounds)
						for k := range ratios {
							ratios[k] = times[i][k] / times[0][k]
						}
						b.ReportMetric(median(ratios), "x-"+kind)
					}
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkPipeDial is a connection: dialled, accepted, closed.
func BenchmarkPipeDial(b *testing.B) {
	n := benchNamespace(b)
	for _, most := range []int{0, 10} {
		b.Run(fmt.Sprintf("instances=%d", most), func(b *testing.B) {
			l := must(n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: most}))
			defer l.Close()
			for b.Loop() {
				c := must(n.TryDialPipe("p"))
				must(l.Accept()).Close()
				c.Close()
			}
		})
	}
	b.Run("plain", func(b *testing.B) {
		l := must(net.Listen("unix", filepath.Join(n.Dir(), "plain")))
		defer l.Close()
		for b.Loop() {
			c := must(net.Dial("unix", l.Addr().String()))
			must(l.Accept()).Close()
			c.Close()
		}
	})
}
