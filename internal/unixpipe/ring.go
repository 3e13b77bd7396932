//go:build linux

package unixpipe

import (
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// A ring takes over one direction of a connection: memory that the writer has
// made and sent, where the bytes of the stream go round. The socket stays for
// what memory cannot do: its bytes only wake the reader, its end is the end.
//
//	   0  uint64  head: how many bytes the reader has taken; written by the reader
//	 128  uint64  tail: how many bytes there are so far; written by the writer
//	 256  uint64  state of the reader: 0: it does not have the memory; 1: it
//	              has; 2: it will not read any more; written by the reader. 3:
//	              it is not to have it any more; written by the writer, if 0
//	 264  uint64  sleeping: 1 when the reader wants a byte through the socket,
//	              since it sleeps or is about to; written by the reader, taken
//	              back by the writer
//	 384  uint64  start: how many bytes of the stream went through the socket;
//	              0 as long as they still do; written by the writer
//	 392  uint64  wanted: where head has to be for the reader to ring the bell;
//	              0: it need not; written by the writer, taken back by the reader
//	4096          the bytes
//
// Bytes are there before tail says so, and are not overwritten before head says
// that they were taken: a death in between leaves nothing half done. Who is
// about to sleep says so and looks once more, so that either it sees what came
// or the other sees that it sleeps.
//
// Nothing that is read here is believed. Each end keeps its own account of its
// own word, and one that could not be, of the other, is a breach of the
// protocol. What is in the ring may change until it is copied, and is copied
// once.
const (
	ringBytes   = 1 << 20
	headAt      = 0
	tailAt      = 128
	stateAt     = 256
	sleepingAt  = 264
	startAt     = 384
	wantedAt    = 392
	bytesAt     = 4 << 10
	memoryBytes = bytesAt + ringBytes
)

const (
	ready     = 1
	left      = 2
	withdrawn = 3
)

// mostPiece is what is copied before the other end may know of it: while it
// copies one piece, this one copies the next.
const mostPiece = 64 << 10

// A ring is one end's view of the memory.
type ring struct {
	mem      *linux.SharedMemory
	bytes    []byte
	head     *atomic.Uint64
	tail     *atomic.Uint64
	state    *atomic.Uint64
	sleeping *atomic.Uint64
	start    *atomic.Uint64
	wanted   *atomic.Uint64
	place    uint64 // this end's own word
	other    uint64 // the other's, as it was when last looked at
}

func newRing(mem *linux.SharedMemory) *ring {
	processors.Store(int32(runtime.GOMAXPROCS(0)))
	return &ring{
		mem: mem, bytes: mem.Bytes()[bytesAt:memoryBytes],
		head: mem.Word(headAt), tail: mem.Word(tailAt),
		state: mem.Word(stateAt), sleeping: mem.Word(sleepingAt),
		start: mem.Word(startAt), wanted: mem.Word(wantedAt),
	}
}

// room is, for the writer, whether so many bytes are free. It looks at the
// other end's word only when it has to, since that is in its cache.
func (r *ring) room(n int) (bool, error) {
	if r.free() >= n {
		return true, nil
	}
	head := r.head.Load()
	if used := r.place - head; used > ringBytes || head < r.other {
		return false, fmt.Errorf("%w: the reader says it has taken %d bytes of %d", backend.ErrPipeProtocol, head, r.place)
	}
	r.other = head
	return r.free() >= n, nil
}

func (r *ring) free() int { return ringBytes - int(r.place-r.other) }

// put copies bytes into the ring, for which there is room. Nobody sees them
// before publish.
func (r *ring) put(b []byte) {
	n := copy(r.bytes[r.place%ringBytes:], b)
	copy(r.bytes, b[n:])
	r.place += uint64(len(b))
}

// publish makes what was put there to be read.
func (r *ring) publish() { r.tail.Store(r.place) }

// awaken takes the wish of a reader that sleeps, and reports whether there is
// one: it has to be woken.
func (r *ring) awaken() bool { return r.sleeping.Load() != 0 && r.sleeping.Swap(0) != 0 }

// unread is, for the writer, how much there is, or more if the reader lies.
func (r *ring) unread() uint64 { return r.place - r.head.Load() }

// want has the reader ring when half of the ring is free. It reports whether it
// is not already.
func (r *ring) want() bool {
	wanted := r.place - ringBytes/2
	r.wanted.Store(wanted)
	return r.head.Load() < wanted
}

// filled is, for the reader, how many bytes there are; if it knows of some,
// perhaps not all of them.
func (r *ring) filled() (int, error) {
	if r.other != r.place {
		return int(r.other - r.place), nil
	}
	return r.refresh()
}

// refresh is filled for all of them.
func (r *ring) refresh() (int, error) {
	tail := r.tail.Load()
	if tail-r.place > ringBytes {
		return 0, fmt.Errorf("%w: a ring of %d bytes with %d in it", backend.ErrPipeProtocol, ringBytes, tail-r.place)
	}
	r.other = tail
	return int(tail - r.place), nil
}

// look copies from the ring, of which so much is filled, and takes nothing.
func (r *ring) look(p []byte) {
	n := copy(p, r.bytes[r.place%ringBytes:])
	copy(p[n:], r.bytes)
}

// take copies from the ring, of which so much is filled, and gives the room
// back. It reports whether the writer waits for that.
func (r *ring) take(p []byte) (ring bool) {
	r.look(p)
	r.place += uint64(len(p))
	r.head.Store(r.place)
	wanted := r.wanted.Load()
	return wanted != 0 && r.place >= wanted && r.wanted.CompareAndSwap(wanted, 0)
}

// sleep says that the reader is about to sleep. It reports whether there is
// nothing that came before that.
func (r *ring) sleep() bool {
	r.sleeping.Store(1)
	if r.tail.Load() == r.place {
		return true
	}
	r.sleeping.Store(0)
	return false
}
