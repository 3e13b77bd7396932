//go:build linux

package unixpipe

import (
	"cmp"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/winsys-go/ipc/internal/linux"
)

// An inflow is the incoming direction, after the hello.
type inflow struct {
	sock *net.UnixConn
	raw  syscall.RawConn
	once func(fd uintptr) bool

	mu       sync.Mutex // guards the following
	into     []byte     // what a read is to fill, and its outcome
	n        int
	err      error
	receiver linux.Receiver
	large    int
	bell     int // to be rung; -1: none
	watching int // receives that look for the offer of a ring
	closed   bool
	ring     *ring
	at       uint64 // place in the stream, counted from 1
	left     int    // bytes of the present piece
	store    []byte
	ahead    []byte // the part of store that was received, markers included
	pieces   bool   // what was received last had markers
	failed   error  // what the peer did wrong
}

const (
	leastAhead = 4 << 10
	mostPeeked = 64 << 10
)

func (f *inflow) init(sock *net.UnixConn, raw syscall.RawConn) {
	f.sock, f.raw, f.once, f.bell = sock, raw, f.try, -1
	f.large, f.at = int(largeFrom.Load()), 1
}

// read reads what has come, and waits for that.
func (f *inflow) read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ring == nil && f.watching == 0 && len(f.ahead) == 0 { // what try does, a little faster
		n, err := f.sock.Read(p)
		f.at += uint64(n)
		f.observe(n)
		if err != nil {
			err = mendRead(err)
		}
		return n, err
	}
	f.into, f.n, f.err = p, 0, nil
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
	f.into, f.n, f.err = p, 0, errNothing
	outer := f.raw.Control(func(fd uintptr) {
		if f.try(fd) {
			return
		}
		f.err = errNothing
	})
	f.into = nil
	if outer != nil {
		return 0, mend(outer)
	}
	return f.n, f.err
}

// try gives out what there is and receives when there is nothing. It reports
// whether there is an outcome.
func (f *inflow) try(fd uintptr) bool {
	if len(f.into) == 0 {
		f.err = nil
		return true
	}
	for {
		if f.n, f.err = f.give(f.into); f.n > 0 || f.err != nil {
			return true
		}
		direct := !f.pieces || f.ring == nil
		into := f.into
		if !direct {
			into = f.room(leastAhead)
		}
		n, err := f.receive(int(fd), into)
		switch {
		case err == syscall.EAGAIN:
			return false
		case err != nil:
			f.err = err
			return true
		case !direct:
			f.ahead = f.store[:n]
			f.pieces = false
		default:
			before, size, err := f.next(n)
			if err != nil {
				f.err = err
				return true
			}
			if size > 0 {
				f.ahead = append(f.room(n - before)[:0], into[before:n]...)
			}
			f.at += uint64(before)
			f.n, f.err = f.give(into[before:])
			if f.n += before; f.n > 0 {
				f.err = nil
			}
			if f.n > 0 || f.err != nil {
				return true
			}
		}
	}
}

// peek shows what has come, and how much that is, and takes nothing. When more
// than it looks at has come, what is in the ring of that does not count.
func (f *inflow) peek(p []byte) (n, available int, err error) {
	if !f.mu.TryLock() {
		return 0, 0, errNothing
	}
	defer f.mu.Unlock()
	if outer := f.raw.Control(func(fd uintptr) { err = f.collect(int(fd), max(len(p), mostPeeked)) }); outer != nil {
		return 0, 0, mend(outer)
	}
	n, available, failed := f.look(p)
	if failed != nil || available == 0 {
		return 0, 0, cmp.Or(failed, err)
	}
	if err == nil {
		f.raw.Control(func(fd uintptr) {
			more, _ := linux.Arrived(int(fd))
			available += more
		})
	}
	return n, available, nil
}

// collect receives until there are so many bytes ahead, or no more have come.
func (f *inflow) collect(fd, want int) error {
	for len(f.ahead) < want {
		if len(f.store) < want {
			f.store = append(make([]byte, 0, want), f.ahead...)[:want]
		} else {
			copy(f.store, f.ahead)
		}
		have := len(f.ahead)
		n, err := f.receive(fd, f.store[have:])
		f.ahead = f.store[:have+n]
		if err == syscall.EAGAIN {
			return errNothing
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// look copies into p of what was received, and counts it.
func (f *inflow) look(p []byte) (n, available int, err error) {
	rest, at := f.ahead, f.at
	var number, place uint64
	show := func(size int) {
		f.ring.copyOut(p[n:][:min(len(p)-n, size)], place)
		n += min(len(p)-n, size)
		available += size
		place = rounded(place + uint64(size))
	}
	if f.ring != nil {
		number, place = f.ring.count, f.ring.place
		if f.left > 0 {
			show(f.left)
		}
	}
	for len(rest) > 0 {
		before, size := len(rest), 0
		if f.ring != nil {
			if before, size, err = f.ring.next(number, at, len(rest)); err != nil {
				return 0, 0, err
			}
		}
		n += copy(p[n:], rest[:before])
		available += before
		rest, at = rest[before:], at+uint64(before)
		if size > 0 {
			show(size)
			rest, at, number = rest[1:], at+1, number+1
		}
	}
	return n, available, nil
}

// next looks for a marker among the next n bytes.
func (f *inflow) next(n int) (before, size int, err error) {
	if f.failed != nil {
		return 0, 0, f.failed
	}
	if f.ring == nil {
		return n, 0, nil
	}
	before, size, f.failed = f.ring.next(f.ring.count, f.at, n)
	return before, size, f.failed
}

// give gives out what was received, as far as there is room.
func (f *inflow) give(p []byte) (n int, err error) {
	for n < len(p) && (f.left > 0 || len(f.ahead) > 0) {
		if f.left > 0 {
			n += f.givePiece(p[n:])
			continue
		}
		before, size, err := f.next(len(f.ahead))
		switch {
		case err != nil && n > 0:
			return n, nil // and the next finds it again
		case err != nil:
			return 0, err
		case before > 0:
			before = copy(p[n:], f.ahead[:before])
			n += before
			f.pass(before)
		default:
			f.pass(1)
			f.left, f.pieces = size, true
			f.ring.count++
		}
	}
	return n, nil
}

// givePiece gives out of the present piece.
func (f *inflow) givePiece(p []byte) int {
	n := min(len(p), f.left)
	f.ring.copyOut(p[:n], f.ring.place)
	f.left -= n
	if f.ring.took(n, f.left == 0) {
		linux.RingBell(f.bell)
	}
	return n
}

// pass passes over n of the bytes that were received.
func (f *inflow) pass(n int) {
	f.ahead = f.ahead[n:]
	f.at += uint64(n)
}

// room makes room for n bytes to be received, where there are none.
func (f *inflow) room(n int) []byte {
	if len(f.store) < n {
		f.store = make([]byte, max(n, leastAhead))
	}
	return f.store
}

// watch is for how many receives a reader that has received much looks for the
// offer of a ring. That takes a little longer, and an offer that is overlooked is
// made again.
const watch = 16

// receive receives bytes, and perhaps a ring.
func (f *inflow) receive(fd int, p []byte) (n int, err error) {
	if f.watching == 0 {
		n, err = readOnce(fd, p)
	} else {
		var fds []int
		f.watching--
		n, fds, err = f.receiver.Receive(fd, p)
		f.accept(fds)
	}
	f.observe(n)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, endOf(err)
}

// observe looks at how much was received.
func (f *inflow) observe(n int) {
	if n >= f.large && f.ring == nil {
		f.watching = watch
	}
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
func (f *inflow) accept(fds []int) {
	if len(fds) == 2 && f.ring == nil && !f.closed {
		if mem, err := linux.OpenSharedMemory(fds[0], memoryBytes); err == nil {
			f.ring, f.bell, f.watching = newRing(mem), fds[1], 0
			f.ring.ready.Store(1)
			fds = fds[:1]
		}
	}
	for _, fd := range fds {
		syscall.Close(fd)
	}
}

// inUse reports whether there is a ring, or anything of the stream is ahead.
func (f *inflow) inUse() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ring != nil || len(f.ahead) > 0
}

// stop tells a writer that waits for room that nothing will be read any more.
// The socket is closed or shut down: nobody blocks.
func (f *inflow) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.bell >= 0 {
		syscall.Close(f.bell)
		f.bell = -1
	}
}

// close unmaps the ring. The socket is closed: nobody blocks.
func (f *inflow) close() {
	f.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ring != nil {
		f.ring.mem.Close()
		f.ring, f.left, f.ahead = nil, 0, nil
	}
}
