package ipc_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/foreign"
	"github.com/winsys-go/ipc/internal/testproc"
)

// foreignPipe gives the name of a pipe that nobody else uses.
func foreignPipe() string {
	return fmt.Sprintf(`\\.\pipe\ipc-test\é-%d-%d`, os.Getpid(), foreignNames.Add(1))
}

// foreignPair connects the package and the peer, whose handle is number 1, both
// ways: who listens is the name of the test. The scene ends the peer.
func foreignPair(t *testing.T, mode string, scene func(*testing.T, *ipc.PipeConn, *foreign.Peer)) {
	t.Helper()
	foreign.Need(t)
	t.Run("the package listens", func(t *testing.T) {
		p, name := foreign.Start(t), foreignPipe()
		l := must(ipc.ListenPipe(name, &ipc.PipeOptions{MessageMode: mode == "messages"}))
		defer l.Close()
		p.Answers("OK 1", "connect %s %s", name, mode)
		c := must(l.AcceptPipe(soon(t)))
		defer c.Close()
		scene(t, c, p)
	})
	t.Run("the peer listens", func(t *testing.T) {
		p, name := foreign.Start(t), foreignPipe()
		p.Answers("OK 1", "listen %s %s 1", name, mode)
		c := must(ipc.DialPipe(soon(t), name))
		defer c.Close()
		p.Do("accept 1")
		scene(t, c, p)
	})
}

// TestForeignPipeOfBytes: both read what the other writes, and nothing of how it
// was written.
func TestForeignPipeOfBytes(t *testing.T) {
	foreignPair(t, "bytes", func(t *testing.T, c *ipc.PipeConn, p *foreign.Peer) {
		if c.MessageMode() {
			t.Error("the pipe has messages")
		}
		if peer := must(c.Peer()); peer.PID != p.Do("pid") || peer.User != thisUser(t) {
			t.Errorf("the peer is %+v", peer)
		}
		s := pipeScene{T: t}
		s.write(c, eleven[:5], ten)
		p.Answers(`OK "hello012"`, "read 1 8")
		p.Answers(`OK "3456789"`, "read 1 8")
		p.Do("write 1 one")
		p.Do("write 1 two")
		s.reads(c, 32, "onetwo")
		if err := c.CloseWrite(); !errors.Is(err, ipc.ErrUnsupported) {
			t.Errorf("close for writing: %v", err)
		}
		p.Exit()
	})
}

// TestForeignPipeOfMessages: messages are the kernel's, also those without
// bytes, and CloseWrite is what programs of Windows take for the end.
func TestForeignPipeOfMessages(t *testing.T) {
	foreignPair(t, "messages", func(t *testing.T, c *ipc.PipeConn, p *foreign.Peer) {
		if !c.MessageMode() {
			t.Error("the pipe has bytes")
		}
		s := pipeScene{T: t}
		s.write(c, ten, "", "x")
		p.Answers(`MORE "0123"`, "read 1 4")
		p.Answers(`OK "456789"`, "read 1 8")
		p.Answers(`OK ""`, "read 1 8")
		p.Answers(`OK "x"`, "read 1 8")
		p.Do("write 1 %s", ten)
		p.Do("write 1")
		p.Do("write 1 %s", strings.Repeat("x", 16)) // as long as the end between two of this package
		s.part(c, 4, "0123", true)
		s.part(c, 32, "456789", false)
		s.part(c, 32, "", false)
		s.part(c, 32, strings.Repeat("x", 16), false)

		p.Sayf("transact 1 4 question")
		if m := must(c.ReadMessage()); string(m) != "question" {
			t.Errorf("the question is %q", m)
		}
		s.write(c, "answer")
		p.Expect(`MORE "answ"`)
		p.Answers(`OK "er"`, "read 1 8")
		end := blocked(s, func() ([]byte, error) { return c.Transact(soon(t), []byte("question")) })
		p.Answers(`OK "question"`, "read 1 8")
		p.Do("write 1 answer")
		if m, err := end(); string(m) != "answer" || err != nil {
			t.Errorf("the answer is %q, %v", m, err)
		}

		foreignNil(t, c.CloseWrite())
		p.Answers(`OK ""`, "read 1 8")
		p.Do("write 1 late")
		s.part(c, 8, "late", false)
		p.Exit()
	})
}

// TestForeignCall: each calls the other.
func TestForeignCall(t *testing.T) {
	p, name := foreign.Start(t), foreignPipe()
	l := must(ipc.ListenPipe(name, &ipc.PipeOptions{MessageMode: true}))
	p.Sayf("call %s 8 question", name)
	c := must(l.AcceptPipe(soon(t)))
	if m := must(c.ReadMessage()); string(m) != "question" {
		t.Errorf("the question is %q", m)
	}
	must(c.Write([]byte("answer")))
	p.Expect(`OK "answer"`)
	if _, err := c.ReadMessage(); err != io.EOF {
		t.Errorf("after the call: %v", err)
	}
	c.Close()
	l.Close()

	p.Do("listen %s messages 1", name+"2")
	end := blocked(pipeScene{T: t}, func() ([]byte, error) { return ipc.CallPipe(soon(t), name+"2", []byte("question")) })
	p.Do("accept 1")
	p.Answers(`OK "question"`, "read 1 8")
	p.Do("write 1 answer")
	if m, err := end(); string(m) != "answer" || err != nil {
		t.Errorf("the answer is %q, %v", m, err)
	}
	p.Answers("ERROR 109", "read 1 8") // ERROR_BROKEN_PIPE
	p.Exit()
}

// TestForeignInstances: a client waits for an instance of the other, is refused
// without waiting, and sees when it is disconnected.
func TestForeignInstances(t *testing.T) {
	p, name := foreign.Start(t), foreignPipe()
	p.Answers("OK 1", "listen %s messages 1", name)
	first := must(ipc.TryDialPipe(name))
	p.Do("accept 1")
	_, err := ipc.TryDialPipe(name)
	var code syscall.Errno
	if !errors.Is(err, ipc.ErrPipeBusy) || !errors.As(err, &code) || code != windows.ERROR_PIPE_BUSY {
		t.Errorf("dial a busy pipe: %v", err)
	}
	if _, err := ipc.ListenPipe(name, nil); !errors.Is(err, ipc.ErrExist) {
		t.Errorf("listen beside the peer: %v", err)
	}
	end := blocked(pipeScene{T: t}, func() (*ipc.PipeConn, error) { return ipc.DialPipe(soon(t), name) })
	read := blocked(pipeScene{T: t}, first.ReadMessage)
	p.Do("disconnect 1")
	if _, err := read(); !errors.Is(err, ipc.ErrPipeNotConnected) {
		t.Errorf("a blocked read: %v", err)
	}
	if err := first.WriteMessage(nil); !errors.Is(err, ipc.ErrPipeNotConnected) {
		t.Errorf("write: %v", err)
	}
	first.Close()
	p.Do("accept 1")
	second, err := end()
	foreignNil(t, err)
	second.Close()
	p.Exit()

	p = foreign.Start(t)
	l := must(ipc.ListenPipe(name, &ipc.PipeOptions{MaxInstances: 1}))
	defer l.Close()
	p.Answers("OK 1", "connect %s bytes", name)
	p.Answers("ERROR 231", "connect %s bytes", name) // ERROR_PIPE_BUSY
	c := must(l.AcceptPipe(soon(t)))
	foreignNil(t, c.Disconnect())
	p.Answers("ERROR 233", "write 1 x") // ERROR_PIPE_NOT_CONNECTED
	p.Answers("ERROR 231", "connect %s bytes", name)
	c.Close()
	p.Answers("OK 2", "connect %s bytes", name)
	p.Exit()
}

// TestForeignPipeDeath: each reads what the other has written before it died, and
// then the end.
func TestForeignPipeDeath(t *testing.T) {
	foreignPair(t, "bytes", func(t *testing.T, c *ipc.PipeConn, p *foreign.Peer) {
		p.Do("write 1 testament")
		p.Abort()
		s := pipeScene{T: t}
		_, err := c.Write([]byte("x"))
		s.want("write", err, ipc.ErrBrokenPipe)
		s.want("write", err, windows.ERROR_NO_DATA)
		s.reads(c, 32, "testament")
		_, err = c.Read(make([]byte, 1))
		s.want("read", err, io.EOF)
	})
}

func init() { testproc.Register("foreign-pipe", foreignPipeChild) }

// foreignPipeChild serves or dials a pipe, writes, and waits for its death.
func foreignPipeChild(c *testproc.Child) {
	var conn *ipc.PipeConn
	if c.Args[0] == "dial" {
		conn = must(ipc.TryDialPipe(c.Args[1]))
	} else {
		l := must(ipc.ListenPipe(c.Args[1], &ipc.PipeOptions{MessageMode: true}))
		c.Sayf("listening")
		conn = must(l.Accept()).(*ipc.PipeConn)
	}
	must(conn.Write([]byte("testament")))
	c.Sayf("written")
	c.Line()
}

// TestPipeDeathBeforeForeign is the same the other way round.
func TestPipeDeathBeforeForeign(t *testing.T) {
	foreign.Need(t)
	p, name := foreign.Start(t), foreignPipe()
	p.Do("listen %s messages 1", name)
	child := testproc.Start(t, "foreign-pipe", "dial", name)
	p.Do("accept 1")
	child.Expect("written")
	child.Kill()
	p.Answers(`OK "testament"`, "read 1 32")
	p.Answers("ERROR 109", "read 1 32") // ERROR_BROKEN_PIPE
	p.Answers("ERROR 232", "write 1 x") // ERROR_NO_DATA
	p.Do("close 1")

	child = testproc.Start(t, "foreign-pipe", "listen", name)
	child.Expect("listening")
	p.Answers("OK 2", "connect %s messages", name)
	child.Expect("written")
	child.Kill()
	p.Answers(`OK "testament"`, "read 2 32")
	p.Answers("ERROR 109", "read 2 32")
	p.Answers("ERROR 2", "connect %s messages", name) // ERROR_FILE_NOT_FOUND
	p.Exit()
}
