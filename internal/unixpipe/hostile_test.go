//go:build linux

package unixpipe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/testproc"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// openTest opens pipes in a directory of the test's own, which must be empty at
// the end.
func openTest(t testing.TB) *Pipes {
	t.Helper()
	dir := testproc.TempDir(t, "/dev/shm")
	p := must(Open(dir, linux.Access{}, false))
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		for _, f := range must(os.ReadDir(dir)) {
			t.Errorf("%s is left", f.Name())
		}
	})
	return p
}

func listen(t testing.TB, p *Pipes, spec backend.PipeSpec) *Listener {
	t.Helper()
	spec.Name = "p"
	return must(p.Listen(spec)).(*Listener)
}

// visit connects to a pipe as a client of this package would, as far as the
// address goes.
func visit(t testing.TB, l *Listener) (rogue *net.UnixConn, server backend.PipeConn) {
	t.Helper()
	rogue = must(net.DialUnix("unix", newAddress(), &net.UnixAddr{Name: l.Path(), Net: "unix"}))
	server = must(l.Accept(t.Context()))
	t.Cleanup(func() {
		rogue.Close()
		server.Close()
	})
	return rogue, server
}

var messages = backend.PipeSpec{Message: true}

// hello is what a client of a pipe of messages sends first.
func hello() []byte {
	b := make([]byte, helloSize)
	copy(b, cardMagic)
	b[7], b[8] = cardVersion, flagMessage
	return b
}

// TestHostileClient: whatever a client sends, the server gets what was sent in
// full, and then an error at once.
func TestHostileClient(t *testing.T) {
	whole := string(header{kindLast, 2, 2}.append(nil)) + "ok"
	wrongVersion := hello()
	wrongVersion[7]++
	for _, c := range []struct {
		name     string
		sends    string
		messages int
		err      error
	}{
		{"nothing", "", 0, io.EOF},
		{"half a hello", string(hello()[:20]), 0, io.EOF},
		{"no hello", strings.Repeat("x", 100), 0, backend.ErrPipeProtocol},
		{"another version", string(wrongVersion), 0, backend.ErrPipeProtocol},
		{"a hello of bytes", cardMagic + "\x01" + strings.Repeat("\x00", 24), 0, backend.ErrPipeProtocol},
		{"a hello", string(hello()), 0, io.EOF},
		{"half a header", string(hello()) + whole + whole[:5], 1, io.ErrUnexpectedEOF},
		{"half a body", string(hello()) + whole + whole[:headerSize+1], 1, io.ErrUnexpectedEOF},
		{"a part and no more", string(hello()) + string(header{kindPart, 1, 2}.append(nil)) + "x", 0, io.ErrUnexpectedEOF},
		{"the largest length", string(hello()) + whole + strings.Repeat("\xff", headerSize), 1, backend.ErrPipeProtocol},
		{"a long part", string(hello()) + string(header{kindPart, maxPart + 1, maxPart + 2}.append(nil)), 0, backend.ErrPipeProtocol},
		{"a long last frame", string(hello()) + string(header{kindLast, maxPart + 1, maxPart + 1}.append(nil)), 0, backend.ErrPipeProtocol},
		{"a part that is all", string(hello()) + string(header{kindPart, 1, 1}.append(nil)), 0, backend.ErrPipeProtocol},
		{"a withdrawal of nothing", string(hello()) + string(frameAbort), 0, backend.ErrPipeProtocol},
		{"a part of another message", string(hello()) + string(header{kindPart, 1, 2}.append(nil)) + "x" + string(header{kindLast, 2, 2}.append(nil)), 0, backend.ErrPipeProtocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := listen(t, openTest(t), messages)
			rogue, server := visit(t, l)
			must(rogue.Write([]byte(c.sends)))
			rogue.CloseWrite()
			for range c.messages {
				if m, err := server.ReadMessage(); string(m) != "ok" || err != nil {
					t.Fatalf("read %q, %v", m, err)
				}
			}
			for range 2 { // it stays so
				if _, err := server.ReadMessage(); !errors.Is(err, c.err) {
					t.Errorf("the error is %v, want %v", err, c.err)
				}
			}
		})
	}
}

// TestSilentClient: a client that says nothing, or stops in the midst of a
// frame, keeps nobody waiting beyond the deadline, and what it has sent is not
// lost.
func TestSilentClient(t *testing.T) {
	l := listen(t, openTest(t), messages)
	rogue, server := visit(t, l)
	sent := append(hello(), header{kindLast, 2, 2}.append(nil)...)
	sent = append(sent, "ok"...)
	for i := range sent {
		server.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := server.ReadMessage(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("after %d bytes: %v", i, err)
		}
		if _, err := server.Peek(nil); err != nil {
			t.Fatalf("peek after %d bytes: %v", i, err)
		}
		must(rogue.Write(sent[i : i+1]))
	}
	server.SetReadDeadline(time.Time{})
	if m, err := server.ReadMessage(); string(m) != "ok" || err != nil {
		t.Errorf("read %q, %v", m, err)
	}
	// Closing ends a read that is blocked in the hello, too.
	_, silent := visit(t, l)
	done := make(chan error)
	go func() {
		_, err := silent.Read(make([]byte, 1))
		done <- err
	}()
	runtime.Gosched()
	silent.Close()
	if err := <-done; !errors.Is(err, backend.ErrPipeClosed) {
		t.Errorf("the blocked read: %v", err)
	}
}

// TestAnnouncedLength: memory is for bytes that have come.
func TestAnnouncedLength(t *testing.T) {
	l := listen(t, openTest(t), messages)
	rogue, server := visit(t, l)
	must(rogue.Write(append(hello(), header{kindPart, maxPart, backend.MaxMessage}.append(nil)...)))
	must(rogue.Write([]byte("begin")))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	server.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := server.ReadMessage(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4*maxPart {
		t.Errorf("%d bytes of memory for 5 of a message of 2 GiB", got)
	}
	if seen, err := server.Peek(make([]byte, 10)); seen.N != 5 || seen.Left != backend.MaxMessage-5 || seen.Available != 5 || err != nil {
		t.Errorf("peek finds %+v, %v", seen, err)
	}
}

// TestWithdrawals: a look at messages passes over those that were withdrawn, and
// does not go on for as long as a client begins and withdraws them.
func TestWithdrawals(t *testing.T) {
	withdrawn := string(header{kindPart, 1, 2}.append(nil)) + "x" + string(frameAbort)
	whole := string(header{kindLast, 2, 2}.append(nil)) + "ok"
	for _, many := range []int{mostWithdrawn, mostWithdrawn + 1} {
		l := listen(t, openTest(t), messages)
		rogue, server := visit(t, l)
		must(rogue.Write([]byte(string(hello()) + strings.Repeat(withdrawn, many) + whole)))
		b := make([]byte, 10)
		seen, err := server.Peek(b)
		if many <= mostWithdrawn {
			if err != nil || string(b[:seen.N]) != "ok" {
				t.Errorf("after %d: %+v, %v", many, seen, err)
			}
			continue
		}
		_, later := server.ReadMessage() // it stays so
		for _, err := range []error{err, later} {
			if !errors.Is(err, backend.ErrPipeProtocol) || !strings.Contains(err.Error(), "withdraws them again and again") {
				t.Errorf("after %d: %v", many, err)
			}
		}
	}
}

// TestUnwantedDescriptors: what a client sends of descriptors is closed, with
// the connection at the latest.
func TestUnwantedDescriptors(t *testing.T) {
	l := listen(t, openTest(t), messages)
	warm, first := visit(t, l) // which makes the page of flags
	warm.Close()
	first.Close()
	null := must(os.Open(os.DevNull))
	defer null.Close()
	before := len(must(os.ReadDir("/proc/self/fd")))
	for range 20 {
		rogue, server := visit(t, l)
		fds := make([]int, 100)
		for i := range fds {
			fds[i] = int(null.Fd())
		}
		_, _, err := rogue.WriteMsgUnix(hello(), syscall.UnixRights(fds...), nil)
		must(0, err)
		_, _, err = rogue.WriteMsgUnix(append(header{kindLast, 2, 2}.append(nil), "ok"...), syscall.UnixRights(fds...), nil)
		must(0, err)
		if m, err := server.ReadMessage(); string(m) != "ok" || err != nil {
			t.Fatalf("read %q, %v", m, err)
		}
		server.Close()
		rogue.Close()
	}
	if after := len(must(os.ReadDir("/proc/self/fd"))); after > before {
		t.Errorf("%d descriptors are left", after-before)
	}
}

// TestHostileServer: a server that sends a page that it could shorten, or no
// page at all, is found out.
func TestHostileServer(t *testing.T) {
	small := must(os.CreateTemp(testproc.TempDir(t, "/dev/shm"), "page"))
	defer small.Close()
	must(0, small.Truncate(4096))
	for name, send := range map[string]func(*net.UnixConn){
		"a plain file": func(c *net.UnixConn) { sendHello(c, true, 0, small) },
		"no page": func(c *net.UnixConn) {
			b := hello()
			b[8] |= helloDescriptor
			c.Write(b)
		},
		"no such flag": func(c *net.UnixConn) {
			_, page, err := linux.NewFlagPage()
			must(0, err)
			defer page.Close()
			sendHello(c, true, linux.Flags, page)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, openTest(t), messages)
			client := must(l.pipes.Dial(t.Context(), "p", false))
			defer client.Close()
			rogue := must(l.sock.AcceptUnix())
			defer rogue.Close()
			send(rogue)
			if _, err := client.ReadMessage(); !errors.Is(err, backend.ErrPipeProtocol) {
				t.Errorf("read: %v", err)
			}
		})
	}
}

// TestTornCard: a card that is not, or not yet, one of this version says so.
func TestTornCard(t *testing.T) {
	p := openTest(t)
	l := listen(t, p, messages)
	good := must(os.ReadFile(l.card.Name()))
	edit := func(at int, with byte) []byte {
		b := bytes.Clone(good)
		b[at] = with
		return b
	}
	for name, c := range map[string]struct {
		card []byte
		err  error
	}{
		"empty":        {nil, backend.ErrNotExist},
		"unfinished":   {edit(0, 0), backend.ErrNotExist},
		"noise":        {bytes.Repeat([]byte("x"), 100), backend.ErrCorrupt},
		"version":      {edit(7, 9), backend.ErrVersion},
		"direction":    {edit(12, 9), backend.ErrCorrupt},
		"instances":    {edit(18, 9), backend.ErrCorrupt},
		"name too far": {edit(33, 9), backend.ErrCorrupt},
	} {
		must(0, os.WriteFile(l.card.Name(), c.card, 0o600))
		if _, err := p.Dial(t.Context(), "p", true); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
	}
}

// TestManyClients: ten thousand connect and leave, and thousands wait to be
// accepted.
func TestManyClients(t *testing.T) {
	p := openTest(t)
	l := listen(t, p, backend.PipeSpec{})
	before := len(must(os.ReadDir("/proc/self/fd")))
	clients := 10_000
	if testing.Short() {
		clients = 1000
	}
	accepted := make(chan int)
	go func() {
		for i := range clients {
			c, err := l.Accept(context.Background())
			if err != nil {
				t.Errorf("accept: %v", err)
			}
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("client %d: %v", i, err)
			}
			c.Close()
		}
		close(accepted)
	}()
	for range clients {
		must(p.Dial(t.Context(), "p", true)).Close() // waits while the queue is full
	}
	<-accepted
	if after := len(must(os.ReadDir("/proc/self/fd"))); after > before+1 { // the page
		t.Errorf("%d descriptors are left", after-before)
	}
	var limit syscall.Rlimit
	if must(0, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)); limit.Cur < 3*4096 {
		t.Skipf("SKIPPED: the queue cannot be filled with %d descriptors", limit.Cur)
	}
	var crowd []backend.PipeConn
	for {
		c, err := p.Dial(t.Context(), "p", false)
		if errors.Is(err, backend.ErrPipeBusy) {
			break
		}
		crowd = append(crowd, must(c, err))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := p.Dial(ctx, "p", true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("dial into a full queue: %v", err)
	}
	for _, c := range crowd {
		c.Close()
	}
}
