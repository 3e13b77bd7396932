//go:build linux || windows

package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// The cases of the document about pipes. Those that cannot be expressed say
// why; docs/pipes.md has the same list.
const pipeIDs = `
NP-01 NP-03 NP-04 NP-06 NP-07 NP-09 NP-10 NP-12 NP-13 NP-15 NP-16 NP-18
NP-19 NP-21 NP-22 NP-24 NP-25 NP-27 NP-28 NP-30 NP-31 NP-33 NP-34 NP-36 NP-37 NP-39 NP-40
NP-42 NP-43 NP-45 NP-46
NP-48 NP-49 NP-51 NP-52 NP-54 NP-55 NP-57 NP-58 NP-60 NP-61 NP-63 NP-64 NP-66 NP-67 NP-69 NP-70
NP-72 NP-73 NP-75 NP-76 NP-78 NP-79
NP-81 NP-82 NP-84 NP-85 NP-87 NP-88 NP-90 NP-91 NP-93 NP-94
NP-96 NP-97 NP-99 NP-100 NP-102 NP-103
AP-01 AP-02 AP-04 AP-05 AP-07 AP-08 AP-10 AP-11`

var pipeInexpressible = map[string]string{
	"NP-10":  "one listener makes all instances, so no two can differ",
	"NP-18":  "a pipe is not a Waitable: Accept and Read wait",
	"NP-30":  "there is no default timeout: contexts and deadlines say how long",
	"NP-31":  "waiting and opening are one call, DialPipe",
	"NP-39":  "a listener's instances are alike; clients are accepted in the order in which they came",
	"NP-46":  "there is no read mode to set: ReadMessage and ReadPart read messages, Read reads bytes",
	"NP-57":  "as NP-46: each call says how it reads",
	"NP-61":  "[C] Read of no bytes returns at once, as io.Reader has it; ReadPart(nil) waits for a message",
	"NP-69":  "there is no flush: the kernel of Linux does not tell when the peer has read",
	"NP-75":  "there is no state to query: MessageMode says the type, Namespace.Pipes the limit",
	"NP-76":  "there is no NOWAIT mode: Peek, TryDialPipe and deadlines do without waiting",
	"NP-78":  "as NP-76",
	"NP-79":  "as NP-76",
	"NP-103": "CallPipe has no buffer: it returns the whole reply",
	"AP-01":  "AnonymousPipe has no size, and its ends no information",
	"AP-02":  "the ends have types: PipeReader has no Write, PipeWriter no Read",
}

// A pipeScene is what a case is played on.
type pipeScene struct {
	*testing.T
	n *ipc.Namespace
}

func (s pipeScene) want(what string, err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Errorf("%s: %v, want %v", what, err, want)
	}
}

// pair connects a client.
func (s pipeScene) pair(o ipc.PipeOptions) (server, client *ipc.PipeConn) {
	s.Helper()
	return pipePair(s, s.n, &o)
}

func (s pipeScene) write(c *ipc.PipeConn, texts ...string) {
	s.Helper()
	for _, text := range texts {
		if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
			s.Fatalf("write %q: %d, %v", text, n, err)
		}
	}
}

// reads reads once, with room for so many bytes.
func (s pipeScene) reads(r io.Reader, room int, want string) {
	s.Helper()
	b := make([]byte, room)
	n, err := r.Read(b)
	if string(b[:n]) != want || err != nil {
		s.Fatalf("read %q, %v, want %q", b[:n], err, want)
	}
}

// part reads a part of a message.
func (s pipeScene) part(c *ipc.PipeConn, room int, want string, wantMore bool) {
	s.Helper()
	b := make([]byte, room)
	n, more, err := c.ReadPart(b)
	if string(b[:n]) != want || more != wantMore || err != nil {
		s.Fatalf("read the part %q, more %v, %v, want %q, %v", b[:n], more, err, want, wantMore)
	}
}

// blocked starts do, which must not end before the function that is returned
// is called, which waits for it.
func blocked[T any](s pipeScene, do func() (T, error)) (end func() (T, error)) {
	s.Helper()
	type result struct {
		value T
		err   error
	}
	done, began := make(chan result, 1), make(chan testproc.Goroutine, 1)
	go func() {
		began <- testproc.Self()
		value, err := do()
		done <- result{value, err}
	}()
	for who := <-began; !who.Waits() && len(done) == 0; {
		runtime.Gosched()
	}
	select {
	case r := <-done:
		s.Fatalf("it should block, and ends with %v, %v", r.value, r.err)
	case <-time.After(30 * time.Millisecond):
	}
	return func() (T, error) {
		s.Helper()
		select {
		case r := <-done:
			return r.value, r.err
		case <-within(s.T).Done():
			s.Fatal("it blocks for ever")
			panic("not reached")
		}
	}
}

// fill writes until the kernel takes no more, and returns how much it took.
func (s pipeScene) fill(c *ipc.PipeConn) (total int) {
	s.Helper()
	c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	defer c.SetWriteDeadline(time.Time{})
	for {
		n, err := c.Write(make([]byte, 1000))
		total += n
		if err != nil {
			return total
		}
	}
}

var messages = ipc.PipeOptions{MessageMode: true}

const eleven, ten = "hello world", "0123456789"

var pipeCases = []struct {
	id   string
	play func(s pipeScene)
}{
	{"NP-01", func(s pipeScene) {
		for _, name := range []string{`\\not a named pipe`, `\\.\mailslot\x`, ""} {
			_, err := s.n.ListenPipe(name, nil)
			s.want(name, err, ipc.ErrInvalidName)
		}
	}},
	{"NP-03", func(s pipeScene) {
		for most, want := range map[int]error{-1: ipc.ErrInvalid, 0: nil, 1: nil, 255: nil, 256: ipc.ErrInvalid} {
			l, err := s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: most})
			s.want(fmt.Sprint(most), err, want)
			if err == nil {
				l.Close()
			}
		}
	}},
	{"NP-04", func(s pipeScene) {
		l := must(s.n.ListenPipe(`\\.\PiPe\Päth\Name`, nil))
		defer l.Close()
		c, err := s.n.TryDialPipe(`\\.\pipe\PÄTH\nAME`)
		s.want("dial in other case", err, nil)
		c.Close()
		_, err = s.n.ListenPipe(`pÄth\name`, nil)
		s.want("listen in other case", err, ipc.ErrExist)
		if p := must(s.n.Pipes()); len(p) != 1 || p[0].Name != `Päth\Name` {
			s.Errorf("the list is %+v", p)
		}
	}},
	{"NP-06", func(s pipeScene) {
		_, err := s.n.ListenPipe(`\\.\pipe\`, nil)
		s.want("an empty name", err, ipc.ErrInvalidName)
	}},
	// One listener has all instances: whoever comes second is told that the name
	// is taken, whatever was asked for.
	{"NP-07", func(s pipeScene) { s.second(ipc.PipeOptions{MaxInstances: 1}, ipc.PipeOptions{MaxInstances: 1}) }},
	{"NP-09", func(s pipeScene) { s.second(ipc.PipeOptions{}, ipc.PipeOptions{Direction: ipc.PipeInbound}) }},
	{"NP-12", func(s pipeScene) { s.second(ipc.PipeOptions{}, ipc.PipeOptions{}) }},
	{"NP-13", func(s pipeScene) { s.second(ipc.PipeOptions{MaxInstances: 1}, ipc.PipeOptions{}) }},
	{"NP-15", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		must(s.n.TryDialPipe("p")).Close()
		server := must(l.AcceptPipe(s.Context()))
		defer server.Close()
		_, err := s.n.TryDialPipe("p")
		s.want("the instance still counts", err, ipc.ErrPipeBusy)
	}},
	{"NP-16", func(s pipeScene) {
		must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1})).Close()
		_, err := s.n.TryDialPipe("p")
		s.want("dial", err, ipc.ErrNotExist)
		l := must(s.n.ListenPipe("p", &messages))
		defer l.Close()
		c := must(s.n.TryDialPipe("p"))
		defer c.Close()
		if !c.MessageMode() {
			s.Error("the new pipe has the mode of the old")
		}
	}},
	{"NP-19", func(s pipeScene) {
		_, err := s.n.TryDialPipe("p")
		s.want("try", err, ipc.ErrNotExist)
		_, err = s.n.DialPipe(s.Context(), "p") // which does not wait for it
		s.want("dial", err, ipc.ErrNotExist)
	}},
	{"NP-21", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", nil))
		defer l.Close()
		client := must(s.n.TryDialPipe("p"))
		defer client.Close()
		s.write(client, ten)
		server := must(l.AcceptPipe(s.Context()))
		defer server.Close()
		s.reads(server, 32, ten)
	}},
	{"NP-22", func(s pipeScene) {
		_, client := s.pair(ipc.PipeOptions{})
		s.want("disconnect", client.Disconnect(), ipc.ErrInvalidUse)
	}},
	{"NP-24", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		must(s.n.TryDialPipe("p")).Close()
		server := must(l.AcceptPipe(s.Context()))
		defer server.Close()
		_, err := server.Read(make([]byte, 1))
		s.want("read", err, io.EOF)
		_, err = server.Write([]byte("x"))
		s.want("write", err, ipc.ErrBrokenPipe)
	}},
	{"NP-25", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		busy := func(when string) {
			s.Helper()
			_, err := s.n.TryDialPipe("p")
			s.want(when, err, ipc.ErrPipeBusy)
		}
		client := must(s.n.TryDialPipe("p"))
		busy("connected, and not accepted")
		server := must(l.AcceptPipe(s.Context()))
		busy("accepted")
		client.Close()
		busy("closed by the client")
		s.want("disconnect", server.Disconnect(), nil)
		busy("disconnected")
		server.Close()
		client, err := s.n.TryDialPipe("p")
		s.want("free", err, nil)
		client.Close()
	}},
	{"NP-27", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		defer must(s.n.TryDialPipe("p")).Close()
		ctx, cancel := context.WithTimeout(s.Context(), 50*time.Millisecond)
		defer cancel()
		begin := time.Now()
		_, err := s.n.DialPipe(ctx, "p")
		s.want("dial", err, context.DeadlineExceeded)
		if time.Since(begin) < 50*time.Millisecond {
			s.Error("it did not wait")
		}
	}},
	{"NP-28", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		defer must(s.n.TryDialPipe("p")).Close()
		server := must(l.AcceptPipe(s.Context()))
		end := blocked(s, func() (*ipc.PipeConn, error) { return s.n.DialPipe(s.Context(), "p") })
		server.Close()
		client, err := end()
		s.want("dial", err, nil)
		client.Close()
	}},
	{"NP-33", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", nil))
		end := blocked(s, l.Accept)
		l.Close()
		_, err := end()
		s.want("accept", err, ipc.ErrClosed)
	}},
	{"NP-34", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", nil))
		defer l.Close()
		ctx, cancel := context.WithCancel(s.Context())
		end := blocked(s, func() (*ipc.PipeConn, error) { return l.AcceptPipe(ctx) })
		cancel()
		_, err := end()
		s.want("accept", err, context.Canceled)
		defer must(s.n.TryDialPipe("p")).Close()
		must(l.Accept()).Close()
	}},
	{"NP-36", func(s pipeScene) {
		server, _ := s.pair(ipc.PipeOptions{})
		s.want("the first", server.Disconnect(), nil)
		s.want("the second", server.Disconnect(), ipc.ErrPipeNotConnected)
	}},
	{"NP-37", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		for range 8 {
			client := must(s.n.DialPipe(s.Context(), "p"))
			server := must(l.AcceptPipe(s.Context()))
			s.write(client, ten)
			s.reads(server, 32, ten)
			s.write(server, eleven)
			s.reads(client, 32, eleven)
			s.want("disconnect", server.Disconnect(), nil)
			server.Close()
			client.Close()
		}
	}},
	{"NP-40", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 3}))
		defer l.Close()
		for range 3 {
			defer must(s.n.TryDialPipe("p")).Close()
			server := must(l.AcceptPipe(s.Context()))
			defer server.Close()
			s.want("disconnect", server.Disconnect(), nil)
		}
		_, err := s.n.TryDialPipe("p")
		s.want("no instance listens", err, ipc.ErrPipeBusy)
	}},
	// A client does not choose its access: it has what the pipe offers.
	{"NP-42", func(s pipeScene) { s.oneWay(ipc.PipeOutbound) }},
	{"NP-43", func(s pipeScene) {
		server, client := s.pair(ipc.PipeOptions{})
		s.write(client, ten)
		s.reads(server, 32, ten)
		s.write(server, ten)
		s.reads(client, 32, ten)
	}},
	{"NP-45", func(s pipeScene) { s.oneWay(ipc.PipeInbound) }},
	{"NP-48", func(s pipeScene) {
		server, client := s.pair(ipc.PipeOptions{})
		s.write(client, eleven, ten)
		s.reads(server, 32, eleven+ten)
	}},
	{"NP-49", func(s pipeScene) {
		server, client := s.pair(ipc.PipeOptions{})
		s.write(client, ten)
		s.reads(server, 4, "0123")
		s.reads(server, 32, "456789")
	}},
	{"NP-51", func(s pipeScene) {
		server, client := s.pair(messages)
		s.write(client, ten)
		s.part(server, 4, "0123", true)
		s.part(server, 4, "4567", true)
		s.part(server, 32, "89", false)
	}},
	{"NP-52", func(s pipeScene) {
		server, client := s.pair(messages)
		s.write(client, eleven, ten)
		s.part(server, 32, eleven, false)
		s.part(server, 10, ten, false)
	}},
	// Read passes no end of a message. Windows would give all 21 bytes at once.
	{"NP-54", func(s pipeScene) {
		server, client := s.pair(messages)
		s.write(server, eleven, ten)
		s.reads(client, 32, eleven)
		s.reads(client, 32, ten)
		s.write(server, eleven, ten)
		s.part(client, 32, eleven, false)
		s.part(client, 32, ten, false)
	}},
	{"NP-55", func(s pipeScene) {
		server, client := s.pair(messages)
		s.write(server, ten)
		s.reads(client, 4, "0123")
		s.reads(client, 32, "456789")
	}},
	{"NP-58", func(s pipeScene) {
		server, client := s.pair(messages)
		b := make([]byte, 1)
		end := blocked(s, func() (bool, error) {
			_, more, err := server.ReadPart(b)
			return more, err
		})
		s.write(client, "0123")
		if more, err := end(); !more || err != nil || b[0] != '0' {
			s.Errorf("read %q, more %v, %v", b, more, err)
		}
		s.part(server, 32, "123", false)
	}},
	{"NP-60", func(s pipeScene) {
		server, client := s.pair(ipc.PipeOptions{})
		end := blocked(s, func() (int, error) { return server.Read(make([]byte, 32)) })
		s.write(client, "", "1")
		if n, err := end(); n != 1 || err != nil {
			s.Errorf("read %d bytes, %v", n, err)
		}
	}},
	// On a pipe of messages an empty write is a message, which has to wait.
	{"NP-63", func(s pipeScene) {
		_, client := s.pair(ipc.PipeOptions{})
		s.fill(client)
		s.write(client, "")
	}},
	{"NP-64", func(s pipeScene) {
		for _, o := range []ipc.PipeOptions{{}, messages} {
			server, client := s.pair(o)
			s.write(server, eleven)
			s.write(client, ten)
			s.reads(server, 32, ten)
			s.reads(client, 32, eleven)
		}
	}},
	{"NP-66", func(s pipeScene) {
		server, client := s.pair(messages)
		large := bytes.Repeat([]byte("x"), 4<<20)
		end := blocked(s, func() (int, error) { return client.Write(large) })
		eventually(s, "something has come", func() bool { return must(server.Peek(nil)).Available > 0 })
		if seen := must(server.Peek(make([]byte, 10))); seen.N != 10 || seen.Left != len(large)-10 || seen.Available > len(large) {
			s.Errorf("peek finds %+v", seen)
		}
		if m := must(server.ReadMessage()); !bytes.Equal(m, large) {
			s.Errorf("%d bytes came", len(m))
		}
		if n, err := end(); n != len(large) || err != nil {
			s.Errorf("wrote %d, %v", n, err)
		}
	}},
	{"NP-67", func(s pipeScene) {
		server, client := s.pair(ipc.PipeOptions{MessageMode: true, InputBuffer: 1})
		end := blocked(s, func() (bool, error) {
			n, more, err := server.ReadPart(make([]byte, 1000))
			return more && n == 1000, err
		})
		written := make(chan error, 1)
		go func() { written <- client.WriteMessage([]byte(strings.Repeat("x", 4000))) }()
		if ok, err := end(); !ok || err != nil {
			s.Errorf("the first part: %v, %v", ok, err)
		}
		s.part(server, 4000, strings.Repeat("x", 3000), false)
		s.want("write", <-written, nil)
	}},
	{"NP-70", func(s pipeScene) {
		server, client := s.pair(messages)
		first := blocked(s, server.ReadMessage)
		second := blocked(s, server.ReadMessage)
		s.write(client, "1", "2")
		for i, end := range []func() ([]byte, error){first, second} {
			if m, err := end(); string(m) != fmt.Sprint(i+1) || err != nil {
				s.Errorf("read %d got %q, %v", i+1, m, err)
			}
		}
	}},
	{"NP-72", func(s pipeScene) {
		server, client := s.pair(messages)
		s.write(client, eleven, ten)
		b := make([]byte, 32)
		for range 2 { // which consumes nothing
			if seen := must(server.Peek(b)); string(b[:seen.N]) != eleven || seen.Left != 0 || seen.Available != 11 {
				s.Errorf("peek finds %+v", seen)
			}
		}
		if seen := must(server.Peek(b[:4])); seen.N != 4 || seen.Left != 7 || seen.Available != 11 {
			s.Errorf("peek with a small buffer finds %+v", seen)
		}
		s.reads(server, 32, eleven)
		s.reads(server, 32, ten)
	}},
	{"NP-73", func(s pipeScene) {
		server, client := s.pair(ipc.PipeOptions{})
		b := make([]byte, 32)
		if seen := must(server.Peek(b)); seen != (ipc.PipePeek{}) {
			s.Errorf("peek into nothing finds %+v", seen)
		}
		s.write(client, eleven, ten)
		for range 2 {
			if seen := must(server.Peek(b)); string(b[:seen.N]) != eleven+ten || seen.Available != 21 {
				s.Errorf("peek finds %+v", seen)
			}
		}
		if seen := must(server.Peek(nil)); seen != (ipc.PipePeek{Available: 21}) {
			s.Errorf("peek without a buffer finds %+v", seen)
		}
		s.reads(server, 32, eleven+ten)
	}},
	{"NP-81", func(s pipeScene) {
		for _, o := range []ipc.PipeOptions{{}, messages} {
			server, client := s.pair(o)
			s.write(client, "twelve bytes")
			client.Close()
			s.reads(server, 5, "twelv")
			if seen := must(server.Peek(make([]byte, 7))); seen.N != 7 || seen.Available != 7 {
				s.Errorf("peek finds %+v", seen)
			}
			s.reads(server, 32, "e bytes")
			_, err := server.Read(make([]byte, 1))
			s.want("read", err, io.EOF)
			_, err = server.Peek(make([]byte, 1))
			s.want("peek", err, io.EOF)
		}
	}},
	{"NP-82", func(s pipeScene) {
		for _, o := range []ipc.PipeOptions{{}, messages} {
			server, client := s.pair(o)
			s.write(server, eleven)
			s.write(client, ten)
			client.Close()
			_, err := server.Write([]byte("x"))
			s.want("write", err, ipc.ErrBrokenPipe)
			s.want("write", err, errBrokenPipe)
			s.reads(server, 32, ten)
			_, err = server.Read(make([]byte, 1))
			s.want("read", err, io.EOF)
		}
	}},
	{"NP-84", func(s pipeScene) {
		server, client := s.pair(messages)
		client.Close()
		_, err := server.ReadMessage()
		s.want("read", err, io.EOF)
		_, err = server.Transact(s.Context(), []byte("x"))
		s.want("transact", err, ipc.ErrBrokenPipe)
	}},
	{"NP-85", func(s pipeScene) {
		for _, o := range []ipc.PipeOptions{{}, messages} {
			server, client := s.pair(o)
			end := blocked(s, func() (int, error) { return server.Read(make([]byte, 1)) })
			client.Close()
			_, err := end()
			s.want("read", err, io.EOF)
		}
	}},
	{"NP-87", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		client := must(s.n.TryDialPipe("p"))
		server := must(l.AcceptPipe(s.Context()))
		s.write(server, ten)
		client.Close()
		server.Close()
		client = must(s.n.TryDialPipe("p"))
		defer client.Close()
		server = must(l.AcceptPipe(s.Context()))
		defer server.Close()
		if seen := must(client.Peek(make([]byte, 1))); seen.Available != 0 {
			s.Errorf("peek finds %+v of the old connection", seen)
		}
	}},
	{"NP-88", func(s pipeScene) {
		for _, o := range []ipc.PipeOptions{{}, messages} {
			server, client := s.pair(o)
			s.write(server, eleven)
			s.write(client, ten)
			s.want("disconnect", server.Disconnect(), nil)
			for _, c := range []*ipc.PipeConn{client, server} {
				_, err := c.Read(make([]byte, 32))
				s.want("read", err, ipc.ErrPipeNotConnected)
				_, err = c.Write([]byte("x"))
				s.want("write", err, ipc.ErrPipeNotConnected)
				_, err = c.Peek(make([]byte, 32))
				s.want("peek", err, ipc.ErrPipeNotConnected)
			}
		}
	}},
	{"NP-90", func(s pipeScene) {
		for _, o := range []ipc.PipeOptions{{}, messages} {
			server, client := s.pair(o)
			read := blocked(s, func() (int, error) { return client.Read(make([]byte, 1)) })
			write := blocked(s, func() (int, error) { return client.Write(make([]byte, 8<<20)) })
			s.want("disconnect", server.Disconnect(), nil)
			_, err := read()
			s.want("read", err, ipc.ErrPipeNotConnected)
			_, err = write()
			s.want("write", err, ipc.ErrPipeNotConnected)
		}
	}},
	{"NP-91", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		client := must(s.n.TryDialPipe("p"))
		server := must(l.AcceptPipe(s.Context()))
		s.want("disconnect", server.Disconnect(), nil)
		client.Close()
		server.Close()
		client = must(s.n.TryDialPipe("p"))
		defer client.Close()
		server = must(l.AcceptPipe(s.Context()))
		defer server.Close()
		s.write(client, ten)
		s.reads(server, 32, ten)
	}},
	{"NP-93", playServerKilled},
	{"NP-94", playTwoServers},
	{"NP-96", func(s pipeScene) {
		_, client := s.pair(ipc.PipeOptions{})
		_, err := client.Transact(s.Context(), []byte("x"))
		s.want("transact", err, ipc.ErrInvalidUse)
	}},
	{"NP-97", func(s pipeScene) {
		for _, unread := range []string{ten, ""} {
			server, client := s.pair(messages)
			s.write(server, unread)
			_, err := client.Transact(s.Context(), []byte("x"))
			s.want("transact", err, ipc.ErrPipeBusy)
			if seen := must(server.Peek(make([]byte, 1))); seen.N != 0 {
				s.Error("something was written")
			}
			s.part(client, 32, unread, false)
		}
	}},
	{"NP-99", func(s pipeScene) {
		server, client := s.pair(messages)
		go s.answer(server, strings.Repeat(ten, 100_000))
		reply, err := client.Transact(s.Context(), []byte("x"))
		if err != nil || string(reply) != strings.Repeat(ten, 100_000) {
			s.Errorf("%d bytes, %v", len(reply), err)
		}
	}},
	{"NP-100", func(s pipeScene) {
		server, client := s.pair(messages)
		go s.answer(server, "")
		reply, err := client.Transact(s.Context(), nil)
		if err != nil || reply == nil || len(reply) != 0 {
			s.Errorf("%q, %v", reply, err)
		}
	}},
	{"NP-102", func(s pipeScene) {
		l := must(s.n.ListenPipe("p", &messages))
		defer l.Close()
		end := blocked(s, func() ([]byte, error) { return s.n.CallPipe(s.Context(), "p", []byte("request")) })
		server := must(l.AcceptPipe(s.Context()))
		defer server.Close()
		if m := must(server.ReadMessage()); string(m) != "request" {
			s.Errorf("the request is %q", m)
		}
		s.write(server, "reply")
		if reply, err := end(); string(reply) != "reply" || err != nil {
			s.Errorf("the reply is %q, %v", reply, err)
		}
		_, err := server.ReadMessage()
		s.want("after the call", err, io.EOF)
	}},
	{"AP-04", func(s pipeScene) {
		r, w := s.anonymous()
		must(w.Write([]byte(eleven)))
		must(w.Write([]byte(ten)))
		s.reads(r, 32, eleven+ten)
	}},
	{"AP-05", func(s pipeScene) {
		r, w := s.anonymous()
		must(w.Write([]byte(eleven)))
		w.Close()
		s.reads(r, 32, eleven)
		_, err := r.Read(make([]byte, 1))
		s.want("read", err, io.EOF)
	}},
	{"AP-07", func(s pipeScene) {
		r, w := s.anonymous()
		r.Close()
		_, err := w.Write([]byte("x"))
		s.want("write", err, ipc.ErrBrokenPipe)
	}},
	{"AP-08", func(s pipeScene) {
		r, w := s.anonymous()
		const size = 1 << 20
		end := blocked(s, func() (int, error) { return w.Write(make([]byte, size)) })
		for total := 0; total < size; {
			total += must(r.Read(make([]byte, 4096)))
		}
		if n, err := end(); n != size || err != nil {
			s.Errorf("wrote %d, %v", n, err)
		}
	}},
	{"AP-10", playDuplicates},
	{"AP-11", func(s pipeScene) {
		r, w := s.anonymous()
		end := blocked(s, func() (int, error) { return r.Read(make([]byte, 32)) })
		must(w.Write(nil))
		must(w.Write([]byte("1")))
		if n, err := end(); n != 1 || err != nil {
			s.Errorf("read %d bytes, %v", n, err)
		}
	}},
}

// second makes a pipe twice.
func (s pipeScene) second(first, second ipc.PipeOptions) {
	s.Helper()
	l := must(s.n.ListenPipe("p", &first))
	defer l.Close()
	_, err := s.n.ListenPipe("p", &second)
	s.want("the second", err, ipc.ErrExist)
}

// oneWay tries both ways of a pipe that has only one.
func (s pipeScene) oneWay(d ipc.PipeDirection) {
	s.Helper()
	for _, mode := range []bool{false, true} {
		server, client := s.pair(ipc.PipeOptions{Direction: d, MessageMode: mode})
		from, to := server, client
		if d == ipc.PipeInbound {
			from, to = client, server
		}
		s.write(from, ten)
		s.reads(to, 32, ten)
		_, err := from.Read(make([]byte, 1))
		s.want("read against the direction", err, ipc.ErrPermission)
		_, err = to.Write([]byte("x"))
		s.want("write against the direction", err, ipc.ErrPermission)
		s.want("disconnect", server.Disconnect(), nil)
		_, err = client.Write([]byte("x"))
		if d == ipc.PipeInbound {
			s.want("write after it", err, ipc.ErrPipeNotConnected)
		}
	}
}

// answer answers one request.
func (s pipeScene) answer(server *ipc.PipeConn, text string) {
	if _, err := server.ReadMessage(); err != nil {
		s.Errorf("read the request: %v", err)
	}
	if err := server.WriteMessage([]byte(text)); err != nil {
		s.Errorf("write the reply: %v", err)
	}
}

func (s pipeScene) anonymous() (*ipc.PipeReader, *ipc.PipeWriter) {
	s.Helper()
	r, w, err := ipc.AnonymousPipe()
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

// TestPipeCases plays the cases of Windows about pipes.
func TestPipeCases(t *testing.T) {
	var played []string
	for _, c := range pipeCases {
		played = append(played, c.id)
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			if reason := pipeDeviations()[c.id]; reason != "" {
				t.Skip("SKIPPED: " + reason)
			}
			c.play(pipeScene{t, pipeNamespace(t)})
		})
	}
	for _, id := range strings.Fields(pipeIDs) {
		reason, ok := pipeInexpressible[id]
		switch {
		case ok == slices.Contains(played, id):
			t.Errorf("%s is to be played, or to be given up for a reason", id)
		case ok:
			t.Run(id, func(t *testing.T) { t.Skip("SKIPPED: " + reason) })
		}
	}
	if len(played)+len(pipeInexpressible) != len(strings.Fields(pipeIDs)) {
		t.Error("there are cases that are not in the list")
	}
}
