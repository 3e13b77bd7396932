// Command shmipc measures pipes beside shmipc-go and a plain Unix socket of
// package net, in one run and in turn: round trips and one-way transfers
// between two processes. scripts/bench-shmipc runs it.
//
// What it prints are medians of fifteen rounds and, in brackets, the medians of
// the ratios to the plain socket: below 1 is faster.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/cloudwego/shmipc-go"
	"github.com/winsys-go/ipc"
)

// A transport moves pieces of bytes.
type transport interface {
	send(b []byte)
	receive(b []byte) // so many bytes
}

type stream struct{ net.Conn }

func (s stream) send(b []byte)    { must(s.Write(b)) }
func (s stream) receive(b []byte) { must(io.ReadFull(s, b)) }

// A shared is a stream of shmipc-go. Copying, it takes bytes from and puts them
// into the memory of its user, as the others do; otherwise it neither fills nor
// looks at what it moves.
type shared struct {
	*shmipc.Stream
	copies bool
}

func (s shared) send(b []byte) {
	for {
		memory, err := s.BufferWriter().Reserve(len(b))
		if err != nil { // there is none at the moment
			time.Sleep(time.Microsecond)
			continue
		}
		if s.copies {
			copy(memory, b)
		}
		break
	}
	for s.Flush(false) == shmipc.ErrQueueFull {
		time.Sleep(time.Microsecond)
	}
}

func (s shared) receive(b []byte) {
	memory := must(s.BufferReader().ReadBytes(len(b)))
	if s.copies {
		copy(b, memory)
	}
	s.ReleaseReadAndReuse()
}

func config(size int) *shmipc.Config {
	c := shmipc.DefaultConfig()
	c.QueueCap = 65535
	c.ShareMemoryBufferCap = 256 << 20
	c.MemMapType = shmipc.MemMapTypeMemFd
	c.LogOutput = io.Discard
	c.InitializeTimeout = 10 * time.Second
	c.BufferSliceSizes = []*shmipc.SizePercentPair{{Size: uint32(max(size, 64)), Percent: 100}}
	return c
}

var kinds = []string{"plain", "bytes", "messages", "shmipc", "shmipc in place"}

// serve takes one connection of each kind, and orders.
func serve(dir string, size int) {
	n := must(ipc.OpenNamespace(dir, nil))
	control := must(net.Dial("unix", filepath.Join(dir, "control")))
	listeners := []net.Listener{
		must(net.Listen("unix", filepath.Join(dir, "plain"))),
		must(n.ListenPipe("bytes", nil)),
		must(n.ListenPipe("messages", &ipc.PipeOptions{MessageMode: true})),
		must(net.Listen("unix", filepath.Join(dir, "shmipc"))),
	}
	must(control.Write([]byte{1}))
	var ends []transport
	for _, l := range listeners[:3] {
		ends = append(ends, stream{must(l.Accept())})
	}
	session := must(shmipc.Server(must(listeners[3].Accept()), config(size)))
	for _, copies := range []bool{true, false} {
		end := shared{must(session.AcceptStream()), copies}
		end.receive(make([]byte, size))
		end.send(make([]byte, size))
		ends = append(ends, end)
	}
	b := make([]byte, size)
	for {
		var order [3]uint32
		if binary.Read(control, binary.LittleEndian, &order) != nil {
			return
		}
		t := ends[order[0]]
		for range order[1] {
			t.receive(b)
			if order[2] == 1 {
				t.send(b)
			}
		}
		if order[2] == 0 {
			must(control.Write([]byte{1}))
		}
	}
}

// measure prints both lines of one size, for which there is a process of its
// own, since a session of shmipc-go is made for a size.
func measure(size int) {
	dir := must(os.MkdirTemp("/dev/shm", "ipc-bench-"))
	defer os.RemoveAll(dir)
	n := must(ipc.OpenNamespace(dir, nil))
	defer n.Close()
	orders := must(net.Listen("unix", filepath.Join(dir, "control")))
	child := exec.Command(must(os.Executable()), "serve", dir, strconv.Itoa(size))
	child.Stderr = os.Stderr
	must(0, child.Start())
	defer child.Wait()
	control := must(orders.Accept())
	defer control.Close()
	must(io.ReadFull(control, make([]byte, 1)))
	m := meter{size: size, control: control, ends: dial(dir, n, size)}
	for _, back := range []bool{true, false} {
		m.print(back)
	}
}

// dial connects by each kind.
func dial(dir string, n *ipc.Namespace, size int) []transport {
	ends := []transport{
		stream{must(net.Dial("unix", filepath.Join(dir, "plain")))},
		stream{must(n.TryDialPipe("bytes"))},
		stream{must(n.TryDialPipe("messages"))},
	}
	c := shmipc.DefaultSessionManagerConfig()
	c.Config = config(size)
	c.Address, c.Network, c.SessionNum, c.MaxStreamNum = filepath.Join(dir, "shmipc"), "unix", 1, 10
	manager := must(shmipc.NewSessionManager(c))
	for _, copies := range []bool{true, false} {
		end := shared{must(manager.GetStream()), copies}
		end.send(make([]byte, size)) // for the server to accept it
		end.receive(make([]byte, size))
		ends = append(ends, end)
	}
	return ends
}

// A meter measures what goes through a connection of each kind.
type meter struct {
	size    int
	control net.Conn
	ends    []transport
}

// run sends so many pieces by one kind, and returns what one took.
func (m *meter) run(kind, count int, back bool) float64 {
	order := [3]uint32{uint32(kind), uint32(count)}
	if back {
		order[2] = 1
	}
	must(0, binary.Write(m.control, binary.LittleEndian, order))
	b := make([]byte, m.size)
	start := time.Now()
	for range count {
		m.ends[kind].send(b)
		if back {
			m.ends[kind].receive(b)
		}
	}
	if !back {
		must(io.ReadFull(m.control, make([]byte, 1)))
	}
	return float64(time.Since(start)) / float64(count)
}

func (m *meter) print(back bool) {
	const warmUp, rounds = 1500, 15
	count := max(8, min(5000, (32<<20)/m.size))
	times := make([][]float64, len(m.ends))
	ratios := make([][]float64, len(m.ends))
	for kind := range m.ends {
		m.run(kind, warmUp, back)
	}
	for i := range rounds {
		for kind := range m.ends {
			times[kind] = append(times[kind], m.run(kind, count, back))
			ratios[kind] = append(ratios[kind], times[kind][i]/times[0][i])
		}
	}
	name := "one way"
	if back {
		name = "round trip"
	}
	fmt.Printf("%-10s %8d", name, m.size)
	for kind, name := range kinds {
		fmt.Printf("  %s %.2f µs (%.2f)", name, median(times[kind])/1000, median(ratios[kind]))
	}
	fmt.Println()
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	shmipc.SetLogLevel(silent)
	if len(os.Args) == 4 {
		serve(os.Args[2], must(strconv.Atoi(os.Args[3])))
		return
	}
	for _, size := range []int{64, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
		measure(size)
	}
}

// silent is the level of logging of shmipc-go by which it says nothing.
const silent = 5
