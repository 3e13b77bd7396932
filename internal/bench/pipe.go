package bench

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"

	"github.com/winsys-go/ipc"
)

func init() { Register("pipe-server", pipeServerRole) }

// Socket is what pipes are compared with.
const Socket = "net, unix"

// PipeSizes are the sizes of the pieces.
var PipeSizes = []int{64, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20}

// pipeFigures are transfers between two processes through an open connection.
// The pieces are copied from the writer's buffer and into the reader's, which
// both keep.
func pipeFigures() []Figure {
	all := []Figure{connectionFigure()}
	for _, back := range []bool{true, false} {
		what := "one of many pieces that go to another process"
		if back {
			what = "a piece goes to another process, and back"
		}
		for _, size := range PipeSizes {
			all = append(all, Figure{
				Name: PipeFigure(size, back), What: what,
				Quantities: []Quantity{timeQuantity},
				Baseline:   Socket,
				X:          "bytes", Series: pipeSeries(back), At: float64(size),
				Setup: func(s *Stage) []Subject { return s.pipes(size, back) },
			})
		}
	}
	return all
}

// PipeFigure is the name of a figure of pipes.
func PipeFigure(size int, back bool) string { return pipeSeries(back) + "/" + sizeName(size) }

func pipeSeries(back bool) string {
	if back {
		return "pipe/round-trip"
	}
	return "pipe/one-way"
}

func sizeName(size int) string {
	switch {
	case size >= 1<<20:
		return fmt.Sprintf("%dMiB", size>>20)
	case size >= 1<<10:
		return fmt.Sprintf("%dKiB", size>>10)
	}
	return fmt.Sprintf("%dB", size)
}

// connectionFigure is the life of a connection within one process.
func connectionFigure() Figure {
	return Figure{
		Name:       "pipe/connection",
		What:       "a connection is dialled, accepted and closed at both ends",
		Quantities: []Quantity{timeQuantity},
		Baseline:   Socket,
		Setup: func(s *Stage) []Subject {
			n := s.Namespace()
			all := []Subject{
				{Name: Ours, Measure: s.pipeConnections(n, "unlimited", 0)},
				{Name: Ours + ", limit of 10 instances", Measure: s.pipeConnections(n, "limited", 10)},
			}
			if unixSockets {
				l := Must(net.Listen("unix", filepath.Join(n.Dir(), "plain")))
				s.Cleanup(l.Close)
				dial := func() (net.Conn, error) { return net.Dial("unix", l.Addr().String()) }
				all = append(all, Subject{Name: Socket, Measure: s.connections(l, dial)})
			}
			return all
		},
	}
}

func (s *Stage) pipeConnections(n *ipc.Namespace, name string, instances int) func() Values {
	l := Must(n.ListenPipe(name, &ipc.PipeOptions{MaxInstances: instances}))
	s.Cleanup(l.Close)
	return s.connections(l, func() (net.Conn, error) { return n.TryDialPipe(name) })
}

func (s *Stage) connections(l net.Listener, dial func() (net.Conn, error)) func() Values {
	return func() Values {
		return PairTime(s.Count(2000), func(count int) {
			for range count {
				c := Must(dial())
				Check(Must(l.Accept()).Close())
				Check(c.Close())
			}
		})
	}
}

func (s *Stage) pipes(size int, back bool) []Subject {
	n := s.Namespace()
	s.Start("pipe-server", n.Dir())
	subjects := []Subject{
		{Name: Ours + ", bytes", Measure: s.PipeMeasure(Must(n.TryDialPipe("bytes")), size, back)},
		{Name: Ours + ", messages", Measure: s.PipeMeasure(Must(n.TryDialPipe("messages")), size, back)},
	}
	if unixSockets {
		plain := Must(net.Dial("unix", filepath.Join(n.Dir(), "plain")))
		subjects = append(subjects, Subject{Name: Socket, Measure: s.PipeMeasure(plain, size, back)})
	}
	return subjects
}

// PipeMeasure sends pieces through c to somebody who runs [ServePieces].
func (s *Stage) PipeMeasure(c io.ReadWriteCloser, size int, back bool) func() Values {
	s.Cleanup(c.Close)
	piece, answer := make([]byte, size), make([]byte, size)
	count := s.Count(max(10, min(4000, (64<<20)/size)))
	sendPieces(c, piece, answer, 2, back) // what both sides keep is there then
	return func() Values { return sendPieces(c, piece, answer, count, back) }
}

// sendPieces orders count pieces, sends them, and waits for the answer.
func sendPieces(c io.ReadWriter, piece, answer []byte, count int, back bool) Values {
	order := pieceOrder{Size: uint64(len(piece)), Count: uint64(count)}
	if back {
		order.Back = 1
	} else {
		answer = answer[:1]
	}
	Check(binary.Write(c, binary.LittleEndian, &order))
	begin := time.Now()
	for range count {
		Must(c.Write(piece))
		if back {
			Must(io.ReadFull(c, answer))
		}
	}
	if !back {
		Must(io.ReadFull(c, answer))
	}
	return Values{"time": float64(time.Since(begin).Nanoseconds()) / float64(count)}
}

// A pieceOrder says how large the pieces are, how many come, and whether each
// is to be sent back or, after the last, one byte.
type pieceOrder struct{ Size, Count, Back uint64 }

// ServePieces takes orders until the connection ends.
func ServePieces(c io.ReadWriteCloser) {
	defer c.Close()
	var piece []byte // kept: new memory costs more than what is measured
	for {
		var order pieceOrder
		if binary.Read(c, binary.LittleEndian, &order) != nil {
			return
		}
		if uint64(len(piece)) != order.Size {
			piece = make([]byte, order.Size)
		}
		for range order.Count {
			Must(io.ReadFull(c, piece))
			if order.Back == 1 {
				Must(c.Write(piece))
			}
		}
		if order.Back == 0 {
			Must(c.Write([]byte{1}))
		}
	}
}

func pipeServerRole(r *Role) {
	n := r.Namespace()
	listeners := []net.Listener{
		Must(n.ListenPipe("bytes", nil)),
		Must(n.ListenPipe("messages", &ipc.PipeOptions{MessageMode: true})),
	}
	if unixSockets {
		listeners = append(listeners, Must(net.Listen("unix", filepath.Join(n.Dir(), "plain"))))
	}
	for _, l := range listeners {
		go func() {
			for {
				go ServePieces(Must(l.Accept()))
			}
		}()
	}
	r.Ready()
	r.Order()
}
