//go:build linux

package unixpipe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/testproc"
)

// force has everything go through memory as soon as it can.
func force(t testing.TB) { t.Cleanup(SetOffer(0)) }

// connect makes both ends of a connection.
func connect(t testing.TB, spec backend.PipeSpec) (client, server *Conn) {
	t.Helper()
	l := listen(t, openTest(t), spec)
	client = must(l.pipes.Dial(t.Context(), "p", false)).(*Conn)
	server = must(l.Accept(t.Context())).(*Conn)
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

// throughMemory reports whether a direction has a ring that was used.
func throughMemory(from, to *Conn) bool {
	from.outgoing.mu.Lock()
	defer from.outgoing.mu.Unlock()
	to.incoming.mu.Lock()
	defer to.incoming.mu.Unlock()
	return from.outgoing.switched && to.incoming.switched.Load()
}

// warm writes until there is a ring.
func warm(t testing.TB, from, to *Conn, size int) {
	t.Helper()
	b := make([]byte, size)
	for range 3 * mostOffers {
		must(from.Write(b))
		must(io.ReadFull(to, b))
	}
	if !throughMemory(from, to) {
		t.Fatal("there is no ring")
	}
}

// noise is bytes none of which says where it belongs.
func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

// size gives one of all magnitudes, now and then more than a ring has.
func size() int { return rand.IntN(1 << rand.IntN(22)) }

// TestStream: bytes come as they were written, in their order, whatever way they
// take, with looks at them in between.
func TestStream(t *testing.T) {
	for _, after := range []int{0, defaultOffer, 1 << 20} {
		t.Cleanup(SetOffer(after))
		client, server := connect(t, backend.PipeSpec{})
		if after == 0 { // or all offers would be over before the first is read
			warm(t, client, server, 1)
		}
		want := noise(24 << 20)
		go func() {
			for rest := want; len(rest) > 0; {
				n, err := client.Write(rest[:min(len(rest), size())])
				if err != nil {
					t.Errorf("write: %v", err)
					break
				}
				rest = rest[n:]
			}
			client.CloseWrite()
		}()
		b := make([]byte, 1<<22)
		for got := 0; ; {
			if size()%4 == 0 {
				seen, err := server.Peek(b[:size()])
				if err != nil && err != io.EOF || seen.N > seen.Available || !bytes.Equal(b[:seen.N], want[got:got+seen.N]) {
					t.Fatalf("a look at byte %d shows %+v, %v", got, seen, err)
				}
			}
			n, err := server.Read(b[:1+size()])
			if !bytes.Equal(b[:n], want[got:got+n]) {
				t.Fatalf("other bytes from %d to %d", got, got+n)
			}
			if got += n; err == io.EOF && got == len(want) {
				break
			}
			must(n, err)
		}
		if !throughMemory(client, server) {
			t.Errorf("after %d bytes: no ring", after)
		}
	}
}

// TestStreamOfMessages is the same for messages, in both directions.
func TestStreamOfMessages(t *testing.T) {
	for _, after := range []int{0, 1000, defaultOffer} {
		t.Cleanup(SetOffer(after))
		client, server := connect(t, messages)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				m, err := server.ReadMessage()
				if err != nil {
					return
				}
				must(server.Write(m))
			}
		}()
		for i := range 300 {
			m := noise(size())
			var reply []byte
			var err error
			if i%3 == 0 { // which may be cancelled, and so has other frames
				reply, err = client.Transact(ctx, m)
			} else {
				must(client.Write(m))
				reply, err = client.ReadMessage()
			}
			if err != nil || !bytes.Equal(reply, m) {
				t.Fatalf("message %d of %d bytes: a reply of %d, %v", i, len(m), len(reply), err)
			}
		}
		client.CloseWrite()
		<-done
		if !throughMemory(client, server) || !throughMemory(server, client) {
			t.Errorf("after %d bytes: no ring", after)
		}
	}
}

// TestPeekAtSeam: a look that does not show all of what is in the socket, past
// the offer of a ring, shows nothing of what comes after that in the ring.
func TestPeekAtSeam(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	for _, s := range []string{"a", "bc", "de", "fg"} { // each with an offer
		must(client.Write([]byte(s)))
	}
	b := make([]byte, 100)
	must(io.ReadFull(server, b[:1])) // takes the first
	must(client.Write([]byte("hi")))
	if !client.outgoing.switched {
		t.Fatal("there is no ring")
	}
	all := "bcdefghi"
	for len(all) > 0 {
		seen := must(server.Peek(b))
		if got := string(b[:seen.N]); seen.N == 0 || !strings.HasPrefix(all, got) || seen.Available != len(all) {
			t.Errorf("a look at %q shows %q and %+v", all, got, seen)
		}
		n := must(server.Read(b[:1]))
		all = all[n:]
	}
}

// TestDisconnectAtSeam: a writer that waits for room learns that it was
// disconnected though the server has not read all that is in the socket, where
// offers of rings are, which hold the bell.
func TestDisconnectAtSeam(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	for range 4 { // each with an offer
		must(client.Write([]byte("x")))
	}
	must(io.ReadFull(server, make([]byte, 1))) // takes the first
	written := make(chan error, 1)
	go func() {
		_, err := client.Write(make([]byte, 2*ringBytes))
		written <- err
	}()
	for server.incoming.ring.wanted.Load() == 0 { // until it waits
		time.Sleep(time.Millisecond)
	}
	must(0, server.Disconnect())
	select {
	case err := <-written:
		if !errors.Is(err, backend.ErrPipeNotConnected) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits on")
	}
}

// TestDisconnectAtHello: a writer learns that it was disconnected though a reader, who
// waited for the hello that would say so, has not come to read it.
func TestDisconnectAtHello(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that the reader does not run
	for range 20 {
		l := listen(t, openTest(t), backend.PipeSpec{})
		client := must(l.pipes.Dial(t.Context(), "p", false)).(*Conn)
		read := make(chan error)
		go func() {
			_, err := client.Read(make([]byte, 1))
			read <- err
		}()
		for client.hearing.tryEnter() { // until it waits
			client.hearing.leave()
			runtime.Gosched()
		}
		server := must(l.Accept(t.Context()))
		must(0, server.Disconnect())
		_, written := client.Write([]byte("x"))
		for _, err := range []error{written, <-read} {
			if !errors.Is(err, backend.ErrPipeNotConnected) {
				t.Error(err)
			}
		}
		client.Close()
		server.Close()
	}
}

// TestOfferWithdrawn: an offer that the reader finds when the writer has given up
// is none, and the next one is taken.
func TestOfferWithdrawn(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	b := make([]byte, mostOffers+1)
	for i := range b {
		must(client.Write(b[i : i+1]))
	}
	if client.outgoing.ring != nil {
		t.Fatal("the writer has not given up")
	}
	must(io.ReadFull(server, b))
	if server.incoming.ring != nil {
		t.Error("the reader has a ring that nobody writes to")
	}
	client.outgoing.budget = 0
	warm(t, client, server, 10)
}

// TestWritesAfterClose: however much is written to an end that is closed, there
// is no ring for it.
func TestWritesAfterClose(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	warm(t, client, server, 10)
	client.Close()
	for range offerAgain / ringBytes * 2 {
		if _, err := client.Write(make([]byte, ringBytes)); !errors.Is(err, backend.ErrPipeClosed) {
			t.Fatal(err)
		}
	}
	if client.outgoing.ring != nil {
		t.Error("there is a ring")
	}
}

// TestNoRingForLittle: little makes no ring, however it is written.
func TestNoRingForLittle(t *testing.T) {
	client, server := connect(t, backend.PipeSpec{})
	for _, size := range []int{1, 10_000} {
		b := make([]byte, size)
		for range defaultOffer / 4 / (size + pieceCost) {
			must(client.Write(b))
			must(io.ReadFull(server, b))
		}
	}
	if client.outgoing.ring != nil {
		t.Error("there is a ring")
	}
}

// TestFullRing: a writer that finds no room waits, and what ends the wait is
// what ends any write.
func TestFullRing(t *testing.T) {
	for _, m := range []bool{false, true} {
		fill := func(end func(client, server *Conn)) (int, error) {
			force(t)
			client, server := connect(t, backend.PipeSpec{Message: m})
			warm(t, client, server, 100)
			done := make(chan struct{})
			go func() {
				defer close(done)
				for client.outgoing.ring.wanted.Load() == 0 { // until it waits
					time.Sleep(time.Millisecond)
				}
				end(client, server)
			}()
			n := 0
			for {
				k, err := client.Write(make([]byte, 100_000))
				if n += k; err != nil {
					<-done
					return n, err
				}
			}
		}
		for name, c := range map[string]struct {
			end func(client, server *Conn)
			err error
		}{
			"the deadline":             {func(c, _ *Conn) { c.SetWriteDeadline(longAgo) }, os.ErrDeadlineExceeded},
			"closing":                  {func(c, _ *Conn) { c.Close() }, backend.ErrPipeClosed},
			"the reader's closing":     {func(_, s *Conn) { s.Close() }, backend.ErrBrokenPipe},
			"the reader disconnecting": {func(_, s *Conn) { s.Disconnect() }, backend.ErrPipeNotConnected},
		} {
			if n, err := fill(c.end); !errors.Is(err, c.err) || n < ringBytes/2 {
				t.Errorf("messages %v: %s after %d bytes: %v", m, name, n, err)
			}
		}
	}
}

// TestFullRingLosesNothing: after a write that ran out of time the next goes on,
// and the reader gets what was said to be written.
func TestFullRingLosesNothing(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	warm(t, client, server, 100)
	want := noise(8 << 20)
	sent := 0
	go func() {
		b := make([]byte, 300_000)
		for got := 0; got < len(want); {
			n, err := server.Read(b[:1+rand.IntN(len(b))])
			if err != nil || !bytes.Equal(b[:n], want[got:got+n]) {
				t.Errorf("at byte %d: %d others, %v", got, n, err)
				client.Close()
				return
			}
			got += n
		}
		server.Close()
	}()
	for sent < len(want) {
		client.SetWriteDeadline(time.Now().Add(time.Duration(rand.IntN(300)) * time.Microsecond))
		n, err := client.Write(want[sent:min(len(want), sent+1_000_000)])
		if sent += n; err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	client.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
}

// TestLateWake: a reader that sleeps is woken for what was put into the ring
// before a write ran out of time, however little that is.
func TestLateWake(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	warm(t, client, server, 100)
	read := make(chan int)
	go func() {
		n, _ := io.ReadFull(server, make([]byte, mostPiece))
		read <- n
	}()
	asleep(client.outgoing.ring.sleeping, "(*inflow).read")
	f := &client.outgoing
	f.mu.Lock()
	f.piece, f.more = make([]byte, mostPiece), true
	must(0, f.push())
	if f.ring.sleeping.Load() == 0 {
		t.Error("the reader was woken in the midst of a write")
	}
	f.late(mostPiece)
	f.mu.Unlock()
	if n := <-read; n != mostPiece {
		t.Errorf("%d bytes came", n)
	}
}

// TestWriteAfterEnd: a write that is overtaken by the end of the stream, so that
// the reader may have come to that already, does not succeed.
func TestWriteAfterEnd(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	warm(t, client, server, 100)
	f := &client.outgoing
	f.mu.Lock()
	defer f.mu.Unlock()
	f.piece, f.more = []byte("late"), false
	must(0, f.await(len(f.piece)))
	must(0, client.CloseWrite())
	if _, err := server.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
	f.ring.sleeping.Store(0)
	f.proved = time.Now().Add(time.Hour) // the reader is there
	if err := f.push(); err != syscall.EPIPE {
		t.Error(err)
	}
}

// A rogueWriter is a client that has an outgoing direction of its own.
func rogueWriter(t *testing.T, m bool) (rogue *net.UnixConn, f *outflow, server *Conn) {
	l := listen(t, openTest(t), backend.PipeSpec{Message: m})
	rogue, s := visit(t, l)
	b := hello()
	b[8] = helloRings
	if m {
		b[8] |= flagMessage
	}
	must(rogue.Write(b))
	f = new(outflow)
	f.init(rogue, must(rogue.SyscallConn()), func() bool { return true })
	t.Cleanup(f.close)
	return rogue, f, s.(*Conn)
}

// warmRogue writes until there is a ring.
func warmRogue(t *testing.T, f *outflow, server *Conn) {
	t.Helper()
	b := []byte("0123456789")
	for range 5 {
		must(f.write(nil, b))
		must(io.ReadFull(server, b))
	}
	if !f.switched {
		t.Fatal("there is no ring")
	}
}

// TestLyingWriter: more than the ring has is a breach of the protocol, from then
// on; so is less than was read.
func TestLyingWriter(t *testing.T) {
	for _, lie := range []uint64{1<<64 - 1, ringBytes + 1, 1 << 31, 1 << 63} {
		force(t)
		rogue, f, server := rogueWriter(t, false)
		warmRogue(t, f, server)
		f.ring.tail.Add(lie)
		must(rogue.Write([]byte{0}))
		for range 2 {
			if n, err := server.Read(make([]byte, 100)); !errors.Is(err, backend.ErrPipeProtocol) {
				t.Errorf("%d bytes more: %d read, %v", lie, n, err)
			}
		}
		if _, err := server.Peek(make([]byte, 100)); !errors.Is(err, backend.ErrPipeProtocol) {
			t.Errorf("a look at %d bytes more: %v", lie, err)
		}
	}
}

// TestLyingStart: a ring that is to be used from a byte on that was read long
// ago is a breach of the protocol; one that is to be used when more has come than
// ever does is not used.
func TestLyingStart(t *testing.T) {
	for start, want := range map[uint64]error{1: backend.ErrPipeProtocol, 1 << 40: io.EOF} {
		force(t)
		rogue, f, server := rogueWriter(t, false)
		for f.ring == nil || f.ring.state.Load() == 0 {
			must(f.write(nil, []byte("offer")))
			must(io.ReadFull(server, make([]byte, 5)))
		}
		f.ring.start.Store(start)
		must(rogue.Write([]byte("more")))
		rogue.CloseWrite()
		if got, err := io.ReadAll(server); !errors.Is(err, want) && (err != nil || want != io.EOF || string(got) != "more") {
			t.Errorf("from byte %d on: %q, %v", start, got, err)
		}
	}
}

// TestScribbler: a peer that writes all over the memory all the time gets
// errors at worst.
func TestScribbler(t *testing.T) {
	force(t)
	rogue, f, server := rogueWriter(t, false)
	warmRogue(t, f, server)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				f.ring.tail.Store(f.ring.head.Load() + rand.Uint64N(ringBytes+ringBytes/1000))
				f.ring.start.Store(rand.Uint64())
				f.ring.sleeping.Store(rand.Uint64N(2))
				f.ring.wanted.Store(rand.Uint64N(1 << 20))
				f.ring.state.Store(rand.Uint64N(4))
				f.ring.head.Store(f.ring.head.Load() + rand.Uint64N(2))
			}
		}
	}()
	go func() {
		for range 1000 {
			rogue.Write(make([]byte, 100))
		}
		rogue.CloseWrite()
	}()
	b := make([]byte, 10_000)
	for range 10_000 {
		server.Peek(b[:100])
		if _, err := server.Read(b); err != nil {
			if err != io.EOF && !errors.Is(err, backend.ErrPipeProtocol) {
				t.Error(err)
			}
			break
		}
	}
	close(stop)
	<-stopped
}

// TestLyingReader: a reader that says to have read more than there was, or less
// than before, breaks the protocol.
func TestLyingReader(t *testing.T) {
	for _, lie := range []uint64{2 * ringBytes, 1 << 40, 1<<64 - 2*ringBytes} {
		force(t)
		client, server := connect(t, backend.PipeSpec{})
		warm(t, client, server, 10)
		server.incoming.ring.head.Add(lie)
		client.SetWriteDeadline(time.Now().Add(10 * time.Second))
		var err error
		for err == nil {
			_, err = client.Write(make([]byte, 100_000))
		}
		if !errors.Is(err, backend.ErrPipeProtocol) {
			t.Errorf("%d bytes too many: %v", lie, err)
		}
	}
}

// TestWrongMemory: what is not memory as it should be is not taken, and closed,
// and the bytes that it came with are bytes.
func TestWrongMemory(t *testing.T) {
	memory := func(bytes int, seals int) *os.File {
		_, f, err := linux.NewSharedMemory(bytes)
		if must(0, err); seals >= 0 {
			f.Close()
			f = must(os.CreateTemp(testproc.TempDir(t, "/dev/shm"), "memory")) // has no seals
			must(0, f.Truncate(int64(bytes)))
		}
		return f
	}
	null := must(os.Open(os.DevNull))
	defer null.Close()
	for name, files := range map[string][]*os.File{
		"no memory": {null, null},
		"no bell":   {memory(memoryBytes, -1)},
		"too small": {memory(memoryBytes-4096, -1), null},
		"too large": {memory(memoryBytes+4096, -1), null},
		"no seals":  {memory(memoryBytes, 0), null},
		"too many":  {null, null, null, null, null},
	} {
		force(t)
		rogue, _, server := rogueWriter(t, false)
		must(rogue.Write([]byte("first")))
		b := make([]byte, 10)
		must(io.ReadFull(server, b[:5]))
		before := len(must(os.ReadDir("/proc/self/fd")))
		var fds []int
		for _, f := range files {
			fds = append(fds, int(f.Fd()))
		}
		_, _, err := rogue.WriteMsgUnix([]byte("second"), syscall.UnixRights(fds...), nil)
		must(0, err)
		if must(io.ReadFull(server, b[:6])); string(b[:6]) != "second" || server.incoming.ring != nil {
			t.Errorf("%s: read %q, ring %v", name, b[:6], server.incoming.ring)
		}
		if after := len(must(os.ReadDir("/proc/self/fd"))); after != before {
			t.Errorf("%s: %d descriptors are left", name, after-before)
		}
		for _, f := range files {
			if f != null {
				f.Close()
			}
		}
	}
}

// TestSilentPeer: with a peer that knows of no rings, or never takes one,
// everything goes through the socket, and no descriptor is kept for ever.
func TestSilentPeer(t *testing.T) {
	for _, bits := range []byte{0, helloRings} {
		force(t)
		l := listen(t, openTest(t), backend.PipeSpec{})
		rogue, s := visit(t, l)
		server := s.(*Conn)
		b := hello()
		b[8] = bits
		must(rogue.Write(b))
		must(io.ReadFull(rogue, b)) // the server's
		for range mostOffers + 5 {
			must(server.Write([]byte("word")))
			if must(io.ReadFull(rogue, b[:4])); string(b[:4]) != "word" {
				t.Fatalf("bits %d: read %q", bits, b[:4])
			}
		}
		if server.outgoing.ring != nil || server.outgoing.files != nil {
			t.Errorf("bits %d: there is a ring", bits)
		}
	}
}

// TestNoDescriptorsForRings: without descriptors, at either end, everything goes
// through the socket, until there are some.
func TestNoDescriptorsForRings(t *testing.T) {
	client, server := connect(t, backend.PipeSpec{})
	b := []byte("first")
	for _, c := range [][2]*Conn{{client, server}, {server, client}} { // hello, which takes one
		must(c[0].Write(b))
		must(io.ReadFull(c[1], b))
	}
	force(t)
	client.outgoing.make() // which is then to be received without one
	client.outgoing.budget, server.outgoing.budget = 0, 0
	scarce(t, syscall.RLIMIT_NOFILE, 3, func() {
		for _, c := range [][2]*Conn{{client, server}, {server, client}} {
			for range 5 {
				must(c[0].Write([]byte("words")))
				if must(io.ReadFull(c[1], b)); string(b) != "words" {
					t.Errorf("read %q", b)
				}
			}
		}
	})
	if server.incoming.ring != nil || server.outgoing.ring != nil {
		t.Error("there is a ring")
	}
	warm(t, client, server, 5)
}

// TestNoMemoryForRings: nor is there a ring without memory.
func TestNoMemoryForRings(t *testing.T) {
	force(t)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	client, server := connect(t, backend.PipeSpec{})
	scarce(t, syscall.RLIMIT_FSIZE, memoryBytes-1, func() {
		b := []byte("words")
		for range 5 {
			must(client.Write(b))
			must(io.ReadFull(server, b))
		}
	})
	if client.outgoing.ring != nil || client.outgoing.bell != nil {
		t.Error("there is a ring")
	}
}

// scarce lowers a limit of this process while f runs.
func scarce(t *testing.T, resource int, to uint64, f func()) {
	var before syscall.Rlimit
	must(0, syscall.Getrlimit(resource, &before))
	must(0, syscall.Setrlimit(resource, &syscall.Rlimit{Cur: to, Max: before.Max}))
	defer func() { must(0, syscall.Setrlimit(resource, &before)) }()
	f()
}

// TestRingLeavesNothing: neither descriptors nor mappings outlive a connection.
func TestRingLeavesNothing(t *testing.T) {
	force(t)
	count := func() (n int) {
		return len(must(os.ReadDir("/proc/self/fd"))) + bytes.Count(must(os.ReadFile("/proc/self/maps")), []byte("ipc-pipe-ring"))
	}
	l := listen(t, openTest(t), backend.PipeSpec{})
	before := 0
	for i := range 30 {
		client := must(l.pipes.Dial(t.Context(), "p", false)).(*Conn)
		server := must(l.Accept(t.Context())).(*Conn)
		warm(t, client, server, 10)
		warm(t, server, client, 10)
		client.Close()
		server.Close()
		if i == 0 {
			before = count()
		}
	}
	if after := count(); after > before {
		t.Errorf("%d descriptors and mappings are left", after-before)
	}
}

// TestWriterDies: whatever step of a write a writer dies before, its reader gets
// what was published, whole and once, and then the end, asleep or not.
func TestWriterDies(t *testing.T) {
	piece := []byte("0123456789")
	steps := map[string]struct {
		die  func(f *outflow)
		want int // of the pieces
	}{
		"with nothing written":   {func(*outflow) {}, 0},
		"with bytes in the ring": {func(f *outflow) { f.ring.put(piece) }, 0},
		"with bytes published": {func(f *outflow) {
			f.ring.put(piece)
			f.ring.publish()
		}, 1},
		"about to wake": {func(f *outflow) {
			f.ring.put(piece)
			f.ring.publish()
			f.ring.awaken()
		}, 1},
	}
	for name, step := range steps {
		for _, asleep := range []bool{false, true} {
			force(t)
			rogue, f, server := rogueWriter(t, false)
			warmRogue(t, f, server)
			got := make(chan []byte, 1)
			read := func() { got <- must(io.ReadAll(server)) }
			if asleep {
				go read()
				for f.ring.sleeping.Load() == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			step.die(f)
			rogue.Close()
			if !asleep {
				go read()
			}
			if b := <-got; !bytes.Equal(b, bytes.Repeat(piece, step.want)) {
				t.Errorf("%s, the reader asleep: %v: %q", name, asleep, b)
			}
		}
	}
}

// TestWriterDiesAtSwitch: nor is anything lost, or read twice, when it dies while
// it goes over to the ring.
func TestWriterDiesAtSwitch(t *testing.T) {
	for name, die := range map[string]func(f *outflow){
		"before":              func(*outflow) {},
		"with the start said": func(f *outflow) { f.ring.start.Store(f.at) },
		"with bytes in the ring": func(f *outflow) {
			f.ring.start.Store(f.at)
			f.ring.put([]byte("never published"))
		},
		"with bytes published and no start": func(f *outflow) {
			f.ring.put([]byte("of no stream"))
			f.ring.publish()
		},
	} {
		force(t)
		rogue, f, server := rogueWriter(t, false)
		must(f.write(nil, []byte("first")))
		must(io.ReadFull(server, make([]byte, 5)))
		if f.ring.state.Load() != ready {
			t.Fatal("the reader has no ring")
		}
		must(f.plain(nil, []byte("last")))
		die(f)
		rogue.Close()
		if got := must(io.ReadAll(server)); string(got) != "last" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestReaderDies: whatever step of a read a reader dies before, a write fails,
// also one that waits for room.
func TestReaderDies(t *testing.T) {
	for name, die := range map[string]func(f *inflow){
		"awake":                   func(*inflow) {},
		"about to sleep":          func(f *inflow) { f.ring.sleeping.Store(1) },
		"with half taken, unrung": func(f *inflow) { f.ring.head.Add(ringBytes / 2) },
		"with the wish taken, unrung": func(f *inflow) {
			f.ring.head.Add(ringBytes / 2)
			f.ring.wanted.Store(0)
		},
	} {
		for _, full := range []bool{false, true} {
			force(t)
			client, server := connect(t, backend.PipeSpec{})
			warm(t, client, server, 100)
			writes := make(chan error, 1)
			write := func() {
				for {
					if _, err := client.Write(make([]byte, mostPiece)); err != nil {
						writes <- err
						return
					}
				}
			}
			if full {
				go write()
				for client.outgoing.ring.wanted.Load() == 0 {
					time.Sleep(time.Millisecond)
				}
			} else {
				must(client.Write(make([]byte, ringBytes/2)))
			}
			die(&server.incoming)
			server.sock.Close() // as the kernel does, and nothing else
			syscall.Close(server.incoming.bell)
			server.incoming.bell = -1
			if !full {
				time.Sleep(2 * trust) // the writer asks the socket once in that time
				_, err := client.Write([]byte("x"))
				writes <- err
			}
			if err := <-writes; !errors.Is(err, backend.ErrBrokenPipe) {
				t.Errorf("%s, the ring full: %v: %v", name, full, err)
			}
		}
	}
}

// FuzzRing reads and writes by memory that anybody changes at any time: what
// either end believes stays within bounds, and there is an error at worst.
func FuzzRing(f *testing.F) {
	f.Add([]byte{0, 10, 1, 10, 0, 200, 1, 255})
	f.Add([]byte{2, 5, 1, 3, 0, 1, 3, 7, 0, 9})
	f.Add([]byte{2, 255, 1, 1})
	mem, file, err := linux.NewSharedMemory(memoryBytes)
	if err != nil {
		f.Fatal(err)
	}
	file.Close()
	f.Cleanup(mem.Close)
	f.Fuzz(func(t *testing.T, todo []byte) {
		clear(mem.Bytes()[:bytesAt])
		writer, reader := newRing(mem), newRing(mem)
		in := inflow{ring: reader, bell: -1}
		in.switched.Store(true)
		honest := true
		b := make([]byte, ringBytes)
		for s := script(todo); len(s) > 0; {
			how, size := s.next(), s.next()<<12
			switch how % 4 {
			case 0:
				if ok, err := writer.room(size); err != nil {
					checkBreach(t, err, honest)
					return
				} else if ok {
					writer.put(b[:size])
					writer.publish()
				} else {
					writer.want()
				}
			case 1:
				filled, _ := reader.refresh()
				n, err := in.take(b[:size], false)
				if err != nil {
					checkBreach(t, err, honest)
					return
				}
				if honest && n != min(size, filled) || n > size {
					t.Fatalf("%d bytes taken of %d, for %d", n, filled, size)
				}
			case 2:
				honest = false
				reader.tail.Store(uint64(size) * uint64(how>>2))
			default:
				honest = false
				writer.head.Store(uint64(size) - uint64(how>>2))
			}
			if free := writer.free(); free < 0 || free > ringBytes {
				t.Fatalf("%d bytes are free", free)
			}
		}
	})
}

func checkBreach(t *testing.T, err error, honest bool) {
	if honest || !errors.Is(err, backend.ErrPipeProtocol) {
		t.Fatal(err)
	}
}
