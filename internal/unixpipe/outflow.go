//go:build linux

package unixpipe

import (
	"cmp"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/spin"
)

// An outflow is the outgoing direction.
type outflow struct {
	sock  *net.UnixConn
	raw   syscall.RawConn
	knows func() bool // whether the peer is known to know of rings
	// What is done with the socket's descriptor, made once.
	inTime func(fd uintptr) bool
	tell   func(fd uintptr)
	waker  waker // of the reader

	shut  atomic.Bool // nothing is to be written any more
	timed atomic.Bool // writes have a deadline, which only the socket keeps

	waiting  sync.Mutex // guards the following
	bell     *net.UnixConn
	deadline time.Time
	over     bool

	mu       sync.Mutex // guards the following, and changes of bell
	budget   int        // until a ring is offered, in bytes; what a write costs counts
	ring     *ring
	switched bool // everything goes through the ring
	near     bool // the peer is in this process, which spinning would only hold up
	spin     spin.Policy
	rung     [16]byte
	files    []*os.File // the reader's ends of memory and bell, until it has them
	due      bool       // the ring is to be offered
	offers   int
	at       uint64 // bytes of the stream that went through the socket
	store    []byte

	// What is pushed into the ring, and its outcome: inTime and tell are told, and
	// tell, by these.
	head, piece []byte
	more, wake  bool
	err         error
	proved      time.Time // when the reader was last known to be there
}

func (f *outflow) init(sock *net.UnixConn, raw syscall.RawConn, knows func() bool) {
	f.sock, f.raw, f.knows, f.inTime, f.tell = sock, raw, knows, f.putInTime, f.tellReader
	f.budget = int(offerAfter.Load())
	f.waker.send = f.wakeReader
}

// write writes head, which is small, and body.
func (f *outflow) write(head, body []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.switched || f.ring != nil && f.switchOver():
		return f.through(head, body)
	case f.wanting(len(head) + len(body)):
		return f.offering(head, body)
	}
	return f.plain(head, body)
}

// switchOver has everything go through the ring from here on, when the reader
// has it.
func (f *outflow) switchOver() bool {
	if f.ring.state.Load() == 0 {
		return false
	}
	f.closeFiles()
	f.ring.start.Store(f.at)
	f.switched, f.due = true, false
	return true
}

// wanting reports whether a ring is to be offered, and makes one when it is
// time.
func (f *outflow) wanting(size int) bool {
	if f.budget -= size + pieceCost; f.budget > 0 || !f.knows() {
		return f.due
	}
	f.budget = int(offerAfter.Load())
	switch {
	case f.ring == nil:
		f.make()
	case f.offers == mostOffers && f.ring.state.CompareAndSwap(0, withdrawn):
		f.drop()
	}
	f.due = f.ring != nil
	return f.due
}

// accepted reports whether the reader has a ring.
func (f *outflow) accepted() bool { return f.ring != nil && f.ring.state.Load() != 0 }

// make makes a ring, unless memory or descriptors are wanting.
func (f *outflow) make() {
	f.budget = offerAgain
	bell, ring, err := linux.NewBell()
	if err != nil {
		return
	}
	mem, file, err := linux.NewSharedMemory(memoryBytes)
	if err != nil {
		bell.Close()
		ring.Close()
		return
	}
	f.budget = int(offerAfter.Load())
	f.ring, f.files, f.offers = newRing(mem), []*os.File{file, ring}, 0
	f.raw.Control(func(fd uintptr) { f.near = isNear(int(fd)) })
	f.setBell(bell)
}

// drop gives up a ring that the reader has not taken.
func (f *outflow) drop() {
	f.setBell(nil)
	f.ring.mem.Close()
	f.ring, f.budget, f.due = nil, offerAgain, false
	f.closeFiles()
}

func (f *outflow) closeFiles() {
	for _, file := range f.files {
		file.Close()
	}
	f.files = nil
}

// setBell sets what the writer waits at, which has the deadline of the socket.
func (f *outflow) setBell(bell *net.UnixConn) {
	f.waiting.Lock()
	defer f.waiting.Unlock()
	if f.bell != nil {
		f.bell.Close()
	}
	f.bell = bell
	switch {
	case bell == nil:
	case f.over:
		bell.Close()
	default:
		bell.SetReadDeadline(f.deadline)
	}
}

// SetWriteDeadline is that of the socket, and of who waits for room.
func (f *outflow) SetWriteDeadline(t time.Time) error {
	f.waiting.Lock()
	defer f.waiting.Unlock()
	f.timed.Store(!t.IsZero())
	f.deadline = t
	if f.bell != nil {
		f.bell.SetReadDeadline(t)
	}
	return f.sock.SetWriteDeadline(t)
}

// stop ends the wait for room, now and later. The socket is closed, or shut
// down.
func (f *outflow) stop() {
	f.waiting.Lock()
	defer f.waiting.Unlock()
	f.over = true
	if f.bell != nil {
		f.bell.Close()
	}
}

// offering writes to the socket, and sends the ring along with the first bytes,
// as many as the kernel takes at once or not at all.
func (f *outflow) offering(head, body []byte) (int, error) {
	var sent int
	first := body[:min(len(body), maxAtomic)]
	f.raw.Write(func(fd uintptr) bool {
		sent, _ = linux.SendWith(int(fd), [][]byte{head, first}, int(f.files[0].Fd()), int(f.files[1].Fd()))
		return true
	})
	if sent <= 0 { // plain knows why, or waits
		return f.plain(head, body)
	}
	f.due = false
	f.offers++
	f.at += uint64(sent)
	if sent < len(head) {
		return sent, io.ErrShortWrite // which the kernel does not do
	}
	rest := body[sent-len(head):]
	if len(rest) == 0 {
		return sent, nil
	}
	n, err := f.plain(nil, rest)
	return sent + n, err
}

// through writes to the ring: head and up to a piece of body at once or not at
// all.
func (f *outflow) through(head, body []byte) (sent int, err error) {
	for {
		piece := body[:min(len(body), mostPiece)]
		f.head, f.piece, f.more, f.err = head, piece, len(piece) < len(body), nil
		if err = f.await(len(head) + len(piece)); err == nil {
			err = f.push()
		}
		if err != nil {
			f.late(sent)
			return sent, err
		}
		sent += len(head) + len(piece)
		if head, body = nil, body[len(piece):]; len(body) == 0 {
			return sent, nil
		}
	}
}

// late wakes the reader for what was put without that, since there was to be
// more.
func (f *outflow) late(sent int) {
	if sent > 0 && f.ring.awaken() {
		f.wake = true
		f.raw.Control(f.tell)
	}
}

// push puts head and piece into the ring and, if that needs the socket, uses
// it. Once the bytes are in the ring no deadline counts: the reader has them.
func (f *outflow) push() (err error) {
	switch {
	case f.timed.Load():
		err = f.raw.Write(f.inTime)
	case f.put():
		err = f.raw.Control(f.tell)
	}
	f.head, f.piece = nil, nil
	return cmp.Or(err, f.err)
}

// putInTime is put while there is time.
func (f *outflow) putInTime(fd uintptr) bool {
	if f.put() {
		f.tellReader(fd)
	}
	return true
}

// put reports whether the socket is needed: to wake the reader, or to see
// whether it is there, and was not told of an end before these bytes.
func (f *outflow) put() bool {
	f.ring.put(f.head)
	f.ring.put(f.piece)
	f.ring.publish()
	f.wake = !(f.more && f.ring.unread() < enoughToWake) && f.ring.awaken()
	return f.wake || f.shut.Load() || time.Since(f.proved) > trust
}

func (f *outflow) tellReader(fd uintptr) {
	if f.wake {
		if f.err = sendByte(linux.Wake, int(fd)); isShort(f.err) {
			f.waker.later()
			f.err = nil // the reader has the bytes
		}
	} else {
		f.err = linux.Sendable(int(fd))
	}
	f.proved = time.Now()
}

// wakeReader wakes the reader, once more.
func (f *outflow) wakeReader() (err error) {
	if outer := f.raw.Control(func(fd uintptr) { err = sendByte(linux.Wake, int(fd)) }); outer != nil {
		return outer
	}
	return err
}

// enoughToWake is for how much a reader that sleeps is woken while there is more
// to come in the same write. One that is woken for each piece sleeps again before
// the next, and where both are put on one processor neither gets on.
const enoughToWake = ringBytes / 4

// trust is how long a reader that does not sleep is trusted to be there. Only
// the socket tells of one that was killed.
const trust = 50 * time.Microsecond

// await waits for room in the ring.
func (f *outflow) await(need int) error {
	for {
		if f.shut.Load() || f.ring.state.Load() != ready {
			return syscall.EPIPE
		}
		if ok, err := f.room(need); ok || err != nil {
			return err
		}
		if !f.ring.want() {
			continue
		}
		if _, err := f.bell.Read(f.rung[:]); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
				return err
			}
			return syscall.EPIPE // the reader is gone
		}
	}
}

// room reports whether there is room. It spins for a while when there is none.
func (f *outflow) room(need int) (ok bool, err error) {
	if ok, err = f.ring.room(need); ok || err != nil || f.near {
		return ok, err
	}
	return spinFor(&f.spin, func() (bool, error) { return f.ring.room(need) })
}

// cheaperToCopy is up to where head and body are put together for one plain
// write.
const cheaperToCopy = 4 << 10

// plain writes to the socket.
func (f *outflow) plain(head, body []byte) (n int, err error) {
	switch {
	case len(head) == 0:
		n, err = f.sock.Write(body)
	case len(body) <= cheaperToCopy:
		f.store = append(append(f.store[:0], head...), body...)
		n, err = f.sock.Write(f.store)
	default:
		var long int64
		long, err = (&net.Buffers{head, body}).WriteTo(f.sock)
		n = int(long)
	}
	f.at += uint64(n)
	return n, err
}

// close unmaps the ring. The socket is closed: nobody blocks.
func (f *outflow) close() {
	f.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ring != nil {
		f.drop()
	}
	f.switched, f.budget = false, math.MaxInt
}
