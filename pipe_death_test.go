//go:build linux || windows

package ipc_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("pipe-server", pipeServer)
	testproc.Register("pipe-client", pipeClient)
	testproc.Register("pipe-writer", pipeWriter)
}

// pipeServer serves the pipe p, with so many instances, and sends back what it
// reads.
func pipeServer(c *testproc.Child) {
	n := open(c)
	most := must(strconv.Atoi(c.Args[1]))
	l := must(n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: most, MessageMode: c.Args[2] == "messages"}))
	c.Sayf("listening")
	for {
		conn := must(l.Accept())
		go func() {
			io.Copy(conn, conn)
			conn.Close()
		}()
	}
}

// pipeClient dials, over and over, and says something.
func pipeClient(c *testproc.Child) {
	n := open(c)
	c.Sayf("ready")
	for {
		conn, err := n.TryDialPipe("p")
		if err != nil {
			continue
		}
		b := make([]byte, rand.IntN(70_000))
		conn.Write(b)
		conn.Read(b)
		conn.Close()
	}
}

// playServerKilled: a client learns of the death of its server, and the name
// is gone.
func playServerKilled(s pipeScene) {
	p := testproc.Start(s, "pipe-server", s.n.Dir(), "1", "bytes")
	p.Expect("listening")
	client := must(s.n.TryDialPipe("p"))
	defer client.Close()
	if peer := must(client.Peer()); peer.PID != p.PID() || peer.UID != os.Getuid() || peer.GID != os.Getgid() || peer.User != thisUser(s) {
		s.Errorf("the peer is %+v, the server is process %d", peer, p.PID())
	}
	end := blocked(s, func() (int, error) { return client.Read(make([]byte, 1)) })
	waiting := blocked(s, func() (*ipc.PipeConn, error) { return s.n.DialPipe(s.Context(), "p") })
	p.Kill()
	_, err := end()
	s.want("read", err, io.EOF)
	if late, err := waiting(); err == nil { // it got in while the server was dying
		_, err = late.Read(make([]byte, 1))
		s.want("read of the client that waited", err, io.EOF)
		late.Close()
	} else {
		s.want("dial of the client that waited", err, ipc.ErrNotExist)
	}
	_, err = s.n.TryDialPipe("p")
	s.want("dial", err, ipc.ErrNotExist)
	wantPipeFiles(s, s.n.Dir()) // the client has removed them
}

// pipeWriter has inherited the writing end of an anonymous pipe.
func pipeWriter(c *testproc.Child) {
	w := must(ipc.Inherited[*ipc.PipeWriter](0))
	must(w.Write([]byte("child")))
	c.Sayf("written")
	c.Line()
}

// playDuplicates: a pipe is broken when the last duplicate of its writing end
// is closed, wherever that is.
func playDuplicates(s pipeScene) {
	r, w := s.anonymous()
	p := giving(s.T, "pipe-writer", w)
	p.Expect("written")
	w.Close()
	s.reads(r, 32, "child")
	end := blocked(s, func() (int, error) { return r.Read(make([]byte, 1)) })
	p.Exit()
	_, err := end()
	s.want("read", err, io.EOF)
}

// playTwoServers: a connection is broken when the last duplicate of an end is
// closed. The first to close it is this process, which has handed it over.
func playTwoServers(s pipeScene) {
	server, client := s.pair(ipc.PipeOptions{})
	p := giving(s.T, "conn-heir", server)
	p.Line()
	server.Close()
	s.write(client, ten)
	s.reads(client, 3, "\x00\x00\x0a")
	end := blocked(s, func() (int, error) { return client.Read(make([]byte, 1)) })
	p.Kill()
	_, err := end()
	s.want("read", err, io.EOF)
}

// TestPipeClientsKilled: the instances of clients that die come back, whatever
// they were doing, and so does everything else.
func TestPipeClientsKilled(t *testing.T) {
	for _, mode := range []bool{false, true} {
		n := pipeNamespace(t)
		const most = 3
		l := must(n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: most, MessageMode: mode}))
		var serving sync.WaitGroup
		serving.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				serving.Go(func() {
					io.Copy(c, c)
					c.Close()
				})
			}
		})
		warm := must(n.DialPipe(within(t), "p"))
		must(warm.Write([]byte("x")))
		must(warm.Read(make([]byte, 1)))
		warm.Close()
		files, routines := descriptors(t), runtime.NumGoroutine()
		for range shorter(20) {
			var victims [4]*testproc.Proc
			for i := range victims {
				victims[i] = testproc.Start(t, "pipe-client", n.Dir())
			}
			for _, p := range victims {
				p.Expect("ready")
			}
			time.Sleep(time.Duration(rand.IntN(int(3 * time.Millisecond)))) // a random moment
			for _, p := range victims {
				p.Kill()
			}
		}
		var held [most]*ipc.PipeConn
		for i := range held { // every instance is there
			held[i] = must(n.DialPipe(within(t), "p"))
		}
		for _, c := range held {
			c.Close()
		}
		eventually(t, "descriptors and goroutines as before", func() bool {
			return descriptors(t) <= files && runtime.NumGoroutine() <= routines
		})
		l.Close()
		serving.Wait()
	}
}

// TestPipeServersKilled: clients of servers that die at random get an answer
// or an error, never both, and the next server serves them.
func TestPipeServersKilled(t *testing.T) {
	n := pipeNamespace(t)
	must(n.ListenPipe("warm", nil)).Close() // which may start what stays
	stop, routines := make(chan struct{}), runtime.NumGoroutine()
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					pingUntilBroken(t, n)
				}
			}
		})
	}
	for i := range shorter(30) {
		p := testproc.Start(t, "pipe-server", n.Dir(), strconv.Itoa(i%3), "messages")
		p.Expect("listening")
		time.Sleep(time.Duration(rand.IntN(int(5 * time.Millisecond)))) // a random moment
		p.Kill()
	}
	close(stop)
	clients.Wait()
	n.Pipes() // sweeps
	wantPipeFiles(t, n.Dir())
	eventually(t, "goroutines as before", func() bool { return runtime.NumGoroutine() <= routines })
}

// pingUntilBroken talks to the server of the moment, if there is one.
func pingUntilBroken(t *testing.T, n *ipc.Namespace) {
	c, err := n.DialPipe(t.Context(), "p")
	if err != nil {
		if !errors.Is(err, ipc.ErrNotExist) {
			t.Errorf("dial: %v", err)
		}
		runtime.Gosched()
		return
	}
	defer c.Close()
	for i := range 50 {
		request := make([]byte, 1+i*600)
		reply, err := c.Transact(t.Context(), request)
		switch {
		case err == nil && len(reply) == len(request):
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, ipc.ErrBrokenPipe):
			return
		default:
			t.Errorf("transact: %d bytes, %v", len(reply), err)
			return
		}
	}
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(testproc.Limit(t)); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}
