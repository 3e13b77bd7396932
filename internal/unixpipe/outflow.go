//go:build linux

package unixpipe

import (
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/winsys-go/ipc/internal/linux"
)

// An outflow is the outgoing direction.
type outflow struct {
	sock  *net.UnixConn
	raw   syscall.RawConn
	knows func() bool // whether the peer is known to know of rings

	waiting  sync.Mutex // guards the following
	bell     *net.UnixConn
	deadline time.Time
	over     bool

	mu     sync.Mutex // guards the following, and changes of bell
	large  int
	budget int // large bytes until a ring is offered
	ring   *ring
	rung   [16]byte
	files  []*os.File // the reader's ends of memory and bell, until it has them
	due    bool       // the ring is to be offered
	offers int
	at     uint64 // place in the stream, counted from 1
	store  []byte
}

func (f *outflow) init(sock *net.UnixConn, raw syscall.RawConn, knows func() bool) {
	f.sock, f.raw, f.knows = sock, raw, knows
	f.large, f.budget = int(largeFrom.Load()), int(offerAfter.Load())
	f.at = 1
}

// write writes head, which is small, and body.
func (f *outflow) write(head, body []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(body) < f.large {
		return f.plain(head, body)
	}
	if !f.usable(len(body)) {
		return f.offering(head, body)
	}
	sent := 0
	for len(body) > 0 {
		n, err := f.send(head, body)
		sent += n
		if err != nil {
			return sent, err
		}
		head, body = nil, body[n-len(head):]
	}
	return sent, nil
}

// usable reports whether there is a ring that the reader has, and makes one
// when it is time.
func (f *outflow) usable(size int) bool {
	if f.ring != nil && f.ring.ready.Load() != 0 {
		f.closeFiles()
		return true
	}
	if f.budget -= size; f.budget > 0 || !f.knows() {
		return false
	}
	f.budget = int(offerAfter.Load())
	switch {
	case f.ring == nil:
		f.make()
	case f.offers == mostOffers:
		f.drop()
	}
	f.due = f.ring != nil
	return false
}

// inUse reports whether the reader has a ring.
func (f *outflow) inUse() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ring != nil && f.ring.ready.Load() != 0
}

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
	f.setBell(bell)
}

// drop gives up a ring that the reader has not taken.
func (f *outflow) drop() {
	f.setBell(nil)
	f.ring.mem.Close()
	f.ring, f.budget = nil, offerAgain
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

// SetReadDeadline and SetWriteDeadline are those of the socket; the latter also
// is for who waits for room.
func (f *outflow) SetReadDeadline(t time.Time) error { return f.sock.SetReadDeadline(t) }

func (f *outflow) SetWriteDeadline(t time.Time) error {
	f.waiting.Lock()
	defer f.waiting.Unlock()
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

// offering writes to the socket and, when it is due, sends the ring along with
// the first bytes, as many as the kernel takes at once or not at all.
func (f *outflow) offering(head, body []byte) (int, error) {
	if !f.due {
		return f.plain(head, body)
	}
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

// send sends head and a piece of body through the ring.
func (f *outflow) send(head, body []byte) (int, error) {
	piece := body[:min(len(body), mostPiece)]
	if err := f.await(rounded(uint64(len(piece)))); err == errNoBell {
		return f.plain(head, piece)
	} else if err != nil {
		return 0, err
	}
	f.ring.put(piece, f.at+uint64(len(head)))
	f.store = append(append(f.store[:0], head...), 0)
	n, err := f.sock.Write(f.store)
	f.at += uint64(n)
	if err != nil || n < len(f.store) {
		f.ring.withdraw()
		return n, err
	}
	f.ring.sent(len(piece))
	return len(head) + len(piece), nil
}

// errNoBell says that the reader is gone. The socket knows more.
var errNoBell = errors.New("the reader is gone")

// await waits for room in the ring.
func (f *outflow) await(need uint64) error {
	for {
		room, err := f.ring.room()
		if err != nil || uint64(room) >= need {
			return err
		}
		if !f.ring.want() {
			continue
		}
		if _, err := f.bell.Read(f.rung[:]); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
				return err
			}
			return errNoBell
		}
	}
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
	f.large = math.MaxInt
	if f.ring != nil {
		f.drop()
	}
}
