//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/unixpipe"
)

func init() { testproc.Register("pipe-flood", pipeFlood) }

// TestPipeThroughMemory: the tests of pipes hold when everything goes through
// memory, however small it is.
func TestPipeThroughMemory(t *testing.T) {
	t.Cleanup(unixpipe.SetOffer(0))
	t.Run("conn", TestPipeIsConn)
	t.Run("messages", TestPipeOfMessages)
	t.Run("cases", func(t *testing.T) {
		for _, c := range pipeCases {
			if c.id == "NP-73" { // a look at what was written in two: not past the offer of a ring
				continue
			}
			t.Run(c.id, func(t *testing.T) {
				t.Parallel()
				c.play(pipeScene{t, pipeNamespace(t)})
			})
		}
	})
}

// pipeFlood serves the pipe p, and sends to whoever connects without end, or
// reads so many bytes and then no more.
func pipeFlood(c *testproc.Child) {
	n := open(c)
	l := must(n.ListenPipe("p", &ipc.PipeOptions{MessageMode: c.Args[1] == "messages"}))
	c.Sayf("listening")
	conn := must(l.Accept())
	b := make([]byte, 100_000)
	if most := must(strconv.Atoi(c.Args[2])); most > 0 {
		must(io.CopyN(io.Discard, conn, int64(most)))
		c.Sayf("enough")
		c.Line()
	}
	for {
		must(conn.Write(b))
	}
}

// TestPipeKilledInMemory: one that dies while it writes, or reads, large pieces
// is to its peer as any that dies: nobody waits for ever, and what has come is
// whole.
func TestPipeKilledInMemory(t *testing.T) {
	for _, mode := range []string{"bytes", "messages"} {
		for range shorter(8) {
			n := pipeNamespace(t)
			p := testproc.Start(t, "pipe-flood", n.Dir(), mode, "0")
			p.Expect("listening")
			c := must(n.TryDialPipe("p"))
			c.SetDeadline(time.Now().Add(time.Minute))
			must(io.CopyN(io.Discard, c, 4<<20+rand.Int64N(1<<20)))
			p.Kill()
			rest, err := io.Copy(io.Discard, c)
			if err != nil && !(mode == "messages" && errors.Is(err, io.ErrUnexpectedEOF)) {
				t.Errorf("%s: after %d more bytes: %v", mode, rest, err)
			}
			c.Close()

			p = testproc.Start(t, "pipe-flood", n.Dir(), mode, strconv.Itoa(4<<20))
			p.Expect("listening")
			c = must(n.DialPipe(context.Background(), "p"))
			broken := make(chan error)
			go func() {
				for {
					if _, err := c.Write(make([]byte, 100_000)); err != nil {
						broken <- err
						return
					}
				}
			}()
			p.Expect("enough")
			p.Kill()
			if err := <-broken; !errors.Is(err, ipc.ErrBrokenPipe) {
				t.Errorf("%s: write: %v", mode, err)
			}
			c.Close()
			n.Pipes() // sweeps
		}
	}
}

// TestPipeKilledIdle: the first write to one that was killed while it did
// something else fails, though there is room in memory.
func TestPipeKilledIdle(t *testing.T) {
	for _, mode := range []string{"bytes", "messages"} {
		n := pipeNamespace(t)
		const most = 4 << 20
		p := testproc.Start(t, "pipe-flood", n.Dir(), mode, strconv.Itoa(most))
		p.Expect("listening")
		c := must(n.TryDialPipe("p"))
		for range most / 1024 {
			must(c.Write(make([]byte, 1024)))
		}
		p.Expect("enough")
		p.Kill()
		if _, err := c.Write([]byte("x")); !errors.Is(err, ipc.ErrBrokenPipe) {
			t.Errorf("%s: write: %v", mode, err)
		}
		c.Close()
		n.Pipes() // sweeps
	}
}
