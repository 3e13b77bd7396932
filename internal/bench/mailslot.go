package bench

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"time"

	"github.com/winsys-go/ipc"
)

func init() {
	Register("mailslot-writer", mailslotWriterRole)
	Register("socket-writer", socketWriterRole)
	Register("mailslot-ping", mailslotPingRole)
	Register("mailslot-pong", mailslotPongRole)
}

// mailslotFigures are streams of messages from one process to another, and
// messages there and back.
func mailslotFigures() []Figure {
	all := mailslotTripFigures()
	for _, run := range []struct {
		name, network string
		size, count   int
	}{
		{"64B", "unixgram", 64, 100_000},
		{"64KiB", "unix", 64 << 10, 4000},
	} {
		all = append(all, Figure{
			Name:       "mailslot/" + run.name,
			What:       "one of many messages from another process",
			Quantities: []Quantity{timeQuantity},
			Baseline:   "net, " + run.network,
			Setup: func(s *Stage) []Subject {
				count := s.Count(run.count)
				all := []Subject{
					{Name: Ours, Measure: s.mailslot(count, run.size, 0)},
					{Name: Ours + ", queue of 512 KiB", Measure: s.mailslot(count, run.size, 512<<10)},
				}
				if unixSockets {
					all = append(all, Subject{Name: "net, " + run.network, Measure: s.socket(run.network, count, run.size)})
				}
				return all
			},
		})
	}
	return all
}

// mailslot receives from a mailslot whose queue has a size, or the usual one. A
// long queue lets the writer run ahead, and then does not stay in the cache.
func (s *Stage) mailslot(count, size int, queue int64) func() Values {
	n, ctx := s.Namespace(), context.Background()
	m := Must(n.CreateMailslot("slot", &ipc.MailslotOptions{QueueBytes: queue}))
	s.Cleanup(m.Close)
	p := s.Start("mailslot-writer", n.Dir(), size)
	buf := make([]byte, size)
	return func() Values { return receive(p, count, func() { Must(m.GetInto(ctx, buf)) }) }
}

// receive orders messages and takes the time of all but the first, which comes
// when the writer is awake.
func receive(p *Process, count int, one func()) Values {
	p.Tell(count)
	one()
	begin := time.Now()
	for range count - 1 {
		one()
	}
	return Values{"time": float64(time.Since(begin).Nanoseconds()) / float64(count-1)}
}

func (s *Stage) socket(network string, count, size int) func() Values {
	path := filepath.Join(s.Dir(), "socket")
	buf := make([]byte, size)
	if network == "unixgram" {
		c := Must(net.ListenUnixgram(network, &net.UnixAddr{Name: path, Net: network}))
		s.Cleanup(c.Close)
		p := s.Start("socket-writer", network, path, size)
		return func() Values { return receive(p, count, func() { Must(c.Read(buf)) }) }
	}
	l := Must(net.Listen(network, path))
	defer l.Close()
	p := s.Start("socket-writer", network, path, size)
	c := Must(l.Accept())
	s.Cleanup(c.Close)
	return func() Values { return receive(p, count, func() { Must(io.ReadFull(c, buf)) }) }
}

func mailslotWriterRole(r *Role) {
	w := Must(r.Namespace().OpenMailslot("slot"))
	write(r, r.Number(1), func(message []byte) error { return w.Put(context.Background(), message) })
}

func socketWriterRole(r *Role) {
	c := Must(net.Dial(r.Args[0], r.Args[1]))
	write(r, r.Number(2), func(message []byte) error {
		_, err := c.Write(message)
		return err
	})
}

// write sends as many messages as it is told, each time.
func write(r *Role, size int, send func([]byte) error) {
	message := make([]byte, size)
	r.Ready()
	for {
		for range r.Order()[0] {
			Check(send(message))
		}
	}
}

// mailslotTripFigures are hand-offs of messages instead of events.
func mailslotTripFigures() []Figure {
	const events = "events"
	var all []Figure
	for _, h := range []HandOff{
		{Figure: "mailslot/round-trip, same-core"},
		{Figure: "mailslot/round-trip, across-cores", CPU: 1},
	} {
		all = append(all, Figure{
			Name:       h.Figure,
			What:       "a message of 64 bytes there and one back; both processes do nothing else",
			Quantities: tripQuantities,
			Baseline:   events,
			Setup: func(s *Stage) []Subject {
				return []Subject{
					s.pairOf("mailslot-ping", "mailslot-pong", Ours, s.Namespace(), h, nil),
					s.pair(events, s.Namespace(), h, nil),
				}
			},
		})
	}
	return all
}

func mailslotPingRole(r *Role) {
	n, ctx, message := r.Namespace(), context.Background(), make([]byte, 64)
	there, back := Must(n.OpenMailslot("there")), Must(n.CreateMailslot("back", nil))
	pin(r.Number(1))
	r.Ready()
	r.serveTrips(func() {
		Check(there.Put(ctx, message))
		Must(back.GetInto(ctx, message))
	})
}

func mailslotPongRole(r *Role) {
	n, ctx, message := r.Namespace(), context.Background(), make([]byte, 64)
	there := Must(n.CreateMailslot("there", nil))
	pin(r.Number(1))
	go func() {
		Must(there.GetInto(ctx, message))
		back := Must(n.OpenMailslot("back")) // who has sent the message has made it
		for {
			Check(back.Put(ctx, message))
			Must(there.GetInto(ctx, message))
		}
	}()
	r.Ready()
	r.Order()
}
