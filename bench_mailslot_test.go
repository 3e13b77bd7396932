//go:build linux

package ipc_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("bench-mailslot", benchWriter)
	testproc.Register("bench-socket", benchSocket)
	testproc.Register("bench-mailslot-echo", benchMailslotEcho)
}

// benchWriter sends as many messages of a size as it is told, each time.
func benchWriter(c *testproc.Child) {
	n := open(c)
	w := must(n.OpenMailslot("slot"))
	c.Sayf("ready")
	serve(c, func(message []byte) error { return w.Put(context.Background(), message) })
}

// benchSocket is benchWriter with a Unix socket: unixgram or unix.
func benchSocket(c *testproc.Child) {
	s, err := net.Dial(c.Args[1], c.Args[0])
	if err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("ready")
	serve(c, func(message []byte) error {
		_, err := s.Write(message)
		return err
	})
}

// serve reads "count size" and sends so much, until there is no more to read.
func serve(c *testproc.Child, send func([]byte) error) {
	for {
		count, err := strconv.Atoi(c.Line())
		if err != nil {
			return
		}
		size, _ := strconv.Atoi(c.Line())
		message := make([]byte, size)
		for range count {
			if err := send(message); err != nil {
				c.Fatalf("%v", err)
			}
		}
	}
}

// A stream is a writer in another process and what reads here.
type stream struct {
	writer *testproc.Proc
	read   func(buf []byte) error
}

// time is how long so many messages take, in nanoseconds each.
func (s *stream) time(b *testing.B, count, size int) float64 {
	buf := make([]byte, size)
	s.writer.Sayf("%d", count)
	s.writer.Sayf("%d", size)
	if err := s.read(buf); err != nil { // the writer is awake
		b.Fatal(err)
	}
	start := time.Now()
	for range count - 1 {
		if err := s.read(buf); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(count-1)
}

func mailslotStream(b *testing.B, n *ipc.Namespace) *stream {
	m := must(n.CreateMailslot("slot", nil))
	b.Cleanup(func() { m.Close() })
	p := testproc.Start(b, "bench-mailslot", n.Dir())
	p.Expect("ready")
	ctx := context.Background()
	return &stream{p, func(buf []byte) error {
		_, err := m.GetInto(ctx, buf)
		return err
	}}
}

func socketStream(b *testing.B, n *ipc.Namespace, network string) *stream {
	path := filepath.Join(n.Dir(), network)
	if network == "unixgram" {
		s, err := net.ListenUnixgram(network, &net.UnixAddr{Name: path, Net: network})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		p := testproc.Start(b, "bench-socket", path, network)
		p.Expect("ready")
		return &stream{p, func(buf []byte) error {
			_, err := s.Read(buf)
			return err
		}}
	}
	l, err := net.Listen(network, path)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	p := testproc.Start(b, "bench-socket", path, network)
	s, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	p.Expect("ready")
	return &stream{p, func(buf []byte) error {
		_, err := io.ReadFull(s, buf)
		return err
	}}
}

// BenchmarkMailslot sends messages from one process to another, against Go's
// Unix sockets in the same run.
func BenchmarkMailslot(b *testing.B) {
	for _, run := range []struct {
		name, network string
		size, count   int
	}{
		{"64-bytes", "unixgram", 64, 400_000},
		{"64-KiB", "unix", 64 << 10, 20_000},
	} {
		b.Run(run.name, func(b *testing.B) {
			n := benchNamespace(b)
			slot, socket := mailslotStream(b, n), socketStream(b, n, run.network)
			const rounds = 7
			var ours, ratios []float64
			for range rounds {
				t := slot.time(b, run.count, run.size)
				ours = append(ours, t)
				ratios = append(ratios, socket.time(b, run.count/4, run.size)/t)
			}
			slot.writer.Exit()
			socket.writer.Exit()
			b.ReportMetric(median(ours), "ns/message")
			b.ReportMetric(median(ratios), "times-"+run.network)
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkMailslotLocal puts a message and gets it, in one process.
func BenchmarkMailslotLocal(b *testing.B) {
	n := benchNamespace(b)
	m := must(n.CreateMailslot("slot", nil))
	w := must(n.OpenMailslot("slot"))
	ctx, buf := context.Background(), make([]byte, 64)
	compare(b, "mutex", func(count int) {
		for range count {
			w.Put(ctx, buf)
			m.GetInto(ctx, buf)
		}
	})
}

// benchMailslotEcho answers each message with one, or an event with another.
func benchMailslotEcho(c *testproc.Child) {
	n := open(c)
	cpu, _ := strconv.Atoi(c.Args[1])
	pinProcess(cpu)
	ctx := context.Background()
	m, w := must(n.CreateMailslot("there", nil)), must(n.OpenMailslot("back"))
	ping, pong := must(n.OpenEvent("ping")), must(n.OpenEvent("pong"))
	go func() {
		buf := make([]byte, 64)
		for {
			if _, err := m.GetInto(ctx, buf); err != nil {
				return
			}
			w.Put(ctx, buf)
		}
	}()
	go func() {
		for ping.Wait(ctx) == nil {
			pong.Set()
		}
	}()
	c.Sayf("ready")
	c.Line()
}

// BenchmarkMailslotWake is a round trip of two processes that sleep until a
// message comes, against one with events.
func BenchmarkMailslotWake(b *testing.B) {
	for _, run := range []struct {
		name string
		cpu  int
	}{{"same-core", 0}, {"across-cores", 1}} {
		b.Run(run.name, func(b *testing.B) { mailslotWake(b, run.cpu) })
	}
}

func mailslotWake(b *testing.B, cpu int) {
	n := benchNamespace(b)
	ping, pong := must(n.CreateEvent("ping", nil)), must(n.CreateEvent("pong", nil))
	back := must(n.CreateMailslot("back", nil))
	p := testproc.Start(b, "bench-mailslot-echo", n.Dir(), strconv.Itoa(cpu))
	p.Expect("ready")
	defer p.Exit()
	there := must(n.OpenMailslot("there"))
	pinProcess(0)
	defer pinProcess(-1)
	ctx, buf := context.Background(), make([]byte, 64)
	trip := func(do func()) float64 {
		times := make([]float64, 3000)
		for i := range times {
			start := linux.Now()
			do()
			times[i] = float64(linux.Now() - start)
		}
		return median(times)
	}
	var ours, ratios []float64
	for range 7 {
		t := trip(func() { there.Put(ctx, buf); back.GetInto(ctx, buf) })
		ours = append(ours, t)
		ratios = append(ratios, t/trip(func() { ping.Set(); pong.Wait(ctx) }))
	}
	b.ReportMetric(median(ours), "ns/trip")
	b.ReportMetric(median(ratios), "x-event")
	b.ReportMetric(0, "ns/op")
}
