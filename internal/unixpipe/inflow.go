//go:build linux

package unixpipe

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/spin"
)

// An inflow is the incoming direction, after the hello.
type inflow struct {
	sock *net.UnixConn
	raw  syscall.RawConn
	once func(fd uintptr) bool

	switched atomic.Bool // everything comes through the ring
	timed    atomic.Bool // reads have a deadline, which only the socket keeps
	spin     spin.Policy
	waker    waker // of the writer

	ringing sync.Mutex // held with mu where bell is set, for who has not mu

	mu sync.Mutex // guards the following
	// What a read is to fill, and its outcome: once is made once, so that a read
	// allocates nothing, and has no other way to be told or to tell.
	into     []byte
	n        int
	err      error
	patient  bool // it may take a while
	receiver linux.Receiver
	bell     int  // to be rung; -1: none
	near     bool // the peer is in this process, which spinning would only hold up
	closed   bool
	ended    bool // the socket is at its end
	failed   error
	ring     *ring
	at       uint64 // bytes of the stream that came through the socket
	start    uint64 // so many come that way; 0: not known
	heard    int    // what was received, and what that is thought to cost
	bells    [64]byte
}

func (f *inflow) init(sock *net.UnixConn, raw syscall.RawConn) {
	f.sock, f.raw, f.once, f.bell = sock, raw, f.try, -1
	f.waker.send = f.wakeWriter
}

// read reads what has come, and waits for that.
func (f *inflow) read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ring != nil && !f.timed.Load() { // what try does, a little faster
		if n, err := f.take(p, false); n > 0 {
			return n, err
		}
	}
	f.into, f.n, f.err, f.patient = p, 0, nil, true
	outer := f.raw.Read(f.once)
	f.into = nil
	if outer != nil {
		return 0, mendRead(outer)
	}
	return f.n, f.err
}

// readNow reads without waiting.
func (f *inflow) readNow(p []byte) (int, error) {
	if !f.mu.TryLock() {
		return 0, errNothing
	}
	defer f.mu.Unlock()
	f.into, f.n, f.err, f.patient = p, 0, errNothing, false
	outer := f.raw.Control(func(fd uintptr) {
		if !f.try(fd) {
			f.err = errNothing
		}
	})
	f.into = nil
	if outer != nil {
		return 0, mend(outer)
	}
	return f.n, f.err
}

// mostTries is how often a read looks into the socket at once. An honest peer
// has sent a byte or two that are not of the stream, and not hundreds.
const mostTries = 16

var errBells = fmt.Errorf("%w: the peer wakes this end again and again, and there is nothing", backend.ErrPipeProtocol)

// try reads what there is. It reports whether there is an outcome; without one
// something comes through the socket when there is.
func (f *inflow) try(fd uintptr) bool {
	if len(f.into) == 0 {
		f.err = nil
		return true
	}
	for range mostTries {
		if f.n, f.err = f.take(f.into, f.patient); f.n > 0 || f.err != nil {
			return true
		}
		if f.ended {
			f.err = io.EOF
			return true
		}
		if f.ring != nil && !f.ring.sleep() && f.goneOver() {
			continue
		}
		n, err := f.receive(int(fd))
		switch {
		case err == syscall.EAGAIN:
			return false
		case err == io.EOF:
			f.ended = true // but what came before may be in the ring
		case n > 0:
			f.n = n + f.alsoTake(f.into[n:])
			return true
		case err != nil:
			f.err = err
			return true
		}
	}
	f.failed = errBells
	f.err = f.failed
	return true
}

// take takes what is in the ring, if the stream has got to it. It may take a
// while to find that there is nothing.
func (f *inflow) take(p []byte, patient bool) (n int, err error) {
	if f.failed != nil || !f.goneOver() {
		return 0, f.failed
	}
	filled, err := f.ring.filled()
	if filled == 0 && err == nil && patient && !f.near {
		filled, err = spinFor(&f.spin, f.ring.filled)
	}
	if err != nil {
		f.failed = err
		return 0, err
	}
	for p = p[:min(len(p), filled)]; n < len(p); {
		piece := p[n:min(len(p), n+mostPiece)]
		if f.ring.take(piece) && isShort(sendByte(linux.RingBell, f.bell)) {
			f.waker.later()
		}
		n += len(piece)
	}
	return n, nil
}

// wakeWriter rings the bell once more. A read may be asleep, and have mu.
func (f *inflow) wakeWriter() error {
	f.ringing.Lock()
	defer f.ringing.Unlock()
	if f.bell < 0 {
		return backend.ErrPipeClosed
	}
	return sendByte(linux.RingBell, f.bell)
}

// alsoTake takes what is in the ring already, behind the last that came through the
// socket. What is wrong with it the next read finds again.
func (f *inflow) alsoTake(p []byte) int {
	n, _ := f.take(p, false)
	return n
}

// goneOver looks whether the stream has gone over to the ring, and reports
// whether what comes next is there.
func (f *inflow) goneOver() bool {
	if f.switched.Load() {
		return true
	}
	if f.ring == nil {
		return false
	}
	if f.start == 0 {
		if f.start = f.ring.start.Load(); f.start == 0 {
			return false
		}
		if f.start < f.at {
			f.failed = fmt.Errorf("%w: the ring was to be used from byte %d on, but %d have come", backend.ErrPipeProtocol, f.start, f.at)
		}
	}
	if f.failed != nil || f.at != f.start {
		return false
	}
	f.switched.Store(true)
	return true
}

// receive receives bytes of the stream, and perhaps a ring. Those after the
// last one of the stream say no more than that there is something in the ring.
func (f *inflow) receive(fd int) (n int, err error) {
	into := f.into
	if f.switched.Load() {
		into = f.bells[:]
	}
	if f.watching() {
		var fds []int
		n, fds, err = f.receiver.Receive(fd, into)
		if f.accept(fd, fds); n > 0 && len(fds) > 0 { // past which the kernel does not read
			rest, _ := readOnce(fd, into[n:])
			n += rest
		}
	} else {
		n, err = readOnce(fd, into)
	}
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	if err != nil {
		return 0, endOf(err)
	}
	if f.ring == nil {
		f.heard += n + pieceCost
		f.at += uint64(n)
		return n, nil
	}
	return f.ofStream(n)
}

// ofStream gives how many of the next n bytes are of the stream.
func (f *inflow) ofStream(n int) (int, error) {
	f.goneOver() // which looks where the stream ends
	if f.start != 0 {
		n = int(min(uint64(n), f.start-f.at))
	}
	f.at += uint64(n)
	return n, f.failed
}

// watching reports whether to look for the offer of a ring. That takes a little
// longer, so it is done only while one is likely.
func (f *inflow) watching() bool {
	return f.ring == nil && f.heard%offerAgain < offerAgain/4
}

func readOnce(fd int, p []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, p)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}

// endOf is mendRead for what the kernel says itself.
func endOf(err error) error {
	if err == nil || err == syscall.EAGAIN {
		return err
	}
	return mendRead(err)
}

// accept takes the ring that was offered, which is memory and a bell. Without
// the means to, or if it is not as it should be, the writer goes on without.
func (f *inflow) accept(fd int, fds []int) {
	if len(fds) == 2 && f.ring == nil && !f.closed {
		if f.ring = openRing(fds[0]); f.ring != nil {
			f.setBell(fds[1])
			f.near = isNear(fd)
			fds = fds[:1]
		}
	}
	for _, fd := range fds {
		syscall.Close(fd)
	}
}

func (f *inflow) setBell(fd int) {
	f.ringing.Lock()
	defer f.ringing.Unlock()
	f.bell = fd
}

// openRing takes the memory of a ring, unless it is not as it should be, or was
// withdrawn.
func openRing(fd int) *ring {
	mem, err := linux.OpenSharedMemory(fd, memoryBytes)
	if err != nil {
		return nil
	}
	r := newRing(mem)
	if !r.state.CompareAndSwap(0, ready) {
		mem.Close()
		return nil
	}
	return r
}

// SetReadDeadline is that of the socket.
func (f *inflow) SetReadDeadline(t time.Time) error {
	f.timed.Store(!t.IsZero())
	return f.sock.SetReadDeadline(t)
}

// stop tells the writer that nothing will be read any more. The socket is
// closed or shut down: nobody blocks.
func (f *inflow) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.ring != nil {
		f.ring.state.Store(left)
	}
	if bell := f.bell; bell >= 0 {
		f.setBell(-1)
		leaveBell(bell)
	}
}

// leaveBell closes a bell, and rings it before, since offers that were not read may
// keep it open.
func leaveBell(bell int) {
	if !isShort(sendByte(linux.RingBell, bell)) {
		syscall.Close(bell)
		return
	}
	w := &waker{}
	w.send = func() error {
		err := sendByte(linux.RingBell, bell)
		if !isShort(err) {
			syscall.Close(bell)
		}
		return err
	}
	w.later()
}

// close unmaps the ring. The socket is closed: nobody blocks.
func (f *inflow) close() {
	f.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ring != nil {
		f.failed = backend.ErrPipeClosed
		f.ring.mem.Close()
		f.ring = nil
	}
}
