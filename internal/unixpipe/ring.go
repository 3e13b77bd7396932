//go:build linux

package unixpipe

import (
	"fmt"
	"sync/atomic"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// What is large goes through a ring in memory that the writer has made and
// sent, one for each direction. The ring says nothing by itself: for each piece
// that the writer puts there it sends one byte through the socket, a *marker*,
// in the place where the piece belongs. That a byte is a marker, and for how
// much, says the slot of the piece: it has the byte's place in the stream.
//
//	   0  uint64  head: how far the reader is; written by the reader
//	  64  uint64  1 once the reader has the memory; written by the reader
//	 128  uint64  where head has to be for the reader to ring the bell; 0: it
//	              need not; written by the writer, and taken back by the reader
//	4096          slots, one after the other; written by the writer:
//	              0  uint64  where the marker is in the stream, counted from 1
//	              8  uint64  size of the piece
//	8192          the pieces, each at a multiple of granule
//
// A slot is filled before its marker is sent, and only looked at for bytes
// that have come. So the order, the end and the waiting are those of the
// socket.
//
// Nothing that is read here is believed. The reader keeps its own account of
// where pieces are; from a slot it takes the place and the size, each once, and
// a size that the ring does not have is a breach of the protocol. What is in a
// piece may change until it is copied, and is copied once.
const (
	ringBytes   = 1 << 20
	granule     = 4 << 10
	slots       = ringBytes / granule
	headAt      = 0
	readyAt     = 64
	wantedAt    = 128
	slotsAt     = 4 << 10
	slotSize    = 16
	piecesAt    = slotsAt + slots*slotSize
	memoryBytes = piecesAt + ringBytes
)

// A slot says which byte of the stream stands for a piece.
type slot struct{ at, size *atomic.Uint64 }

// A ring is one process's view of the memory.
type ring struct {
	mem    *linux.SharedMemory
	pieces []byte
	head   *atomic.Uint64
	ready  *atomic.Uint64
	wanted *atomic.Uint64
	count  uint64 // pieces so far
	place  uint64 // where the next is: writer; where the present one goes on: reader
}

func newRing(mem *linux.SharedMemory) *ring {
	return &ring{mem: mem, pieces: mem.Bytes()[piecesAt:memoryBytes], head: mem.Word(headAt), ready: mem.Word(readyAt), wanted: mem.Word(wantedAt)}
}

func (r *ring) slot(number uint64) slot {
	offset := slotsAt + int(number%slots)*slotSize
	return slot{r.mem.Word(offset), r.mem.Word(offset + 8)}
}

// rounded gives the first place for a piece from there on, and so the room that
// one takes.
func rounded(n uint64) uint64 { return (n + granule - 1) &^ (granule - 1) }

// room is how much of the ring is free.
func (r *ring) room() (int, error) {
	used := r.place - r.head.Load()
	if used > ringBytes {
		return 0, fmt.Errorf("%w: the reader has taken %d bytes too many", backend.ErrPipeProtocol, -used)
	}
	return int(ringBytes - used), nil
}

// put copies a piece into the ring, for which there is room. Its marker will be
// at a place of the stream.
func (r *ring) put(piece []byte, at uint64) {
	n := copy(r.pieces[r.place%ringBytes:], piece)
	copy(r.pieces, piece[n:])
	s := r.slot(r.count)
	s.size.Store(uint64(len(piece)))
	s.at.Store(at)
}

// sent says that the marker of the last piece was sent, withdraw that it was
// not.
func (r *ring) sent(size int) {
	r.place += rounded(uint64(size))
	r.count++
}

func (r *ring) withdraw() { r.slot(r.count).at.Store(0) }

// next looks for the next marker among n bytes of the stream that have come:
// how many come before it, and the size of its piece. Without one, that is all
// of them, and 0.
func (r *ring) next(number, at uint64, n int) (before, size int, err error) {
	s := r.slot(number)
	before64 := s.at.Load() - at
	if before64 >= uint64(n) {
		return n, 0, nil
	}
	claimed := s.size.Load()
	if claimed == 0 || claimed > ringBytes {
		return 0, 0, fmt.Errorf("%w: a piece of %d bytes in a ring of %d", backend.ErrPipeProtocol, claimed, ringBytes)
	}
	return int(before64), int(claimed), nil
}

// copyOut copies from the ring.
func (r *ring) copyOut(p []byte, place uint64) {
	n := copy(p, r.pieces[place%ringBytes:])
	copy(p[n:], r.pieces)
}

// took gives the room of n bytes back, and at the end of a piece what was left
// behind it. It reports whether the writer waits for that.
func (r *ring) took(n int, ended bool) (ring bool) {
	r.place += uint64(n)
	if ended {
		r.place = rounded(r.place)
	}
	r.head.Store(r.place)
	wanted := r.wanted.Load()
	return wanted != 0 && r.place >= wanted && r.wanted.CompareAndSwap(wanted, 0)
}

// want has the reader ring when half of the ring is free. It reports whether it
// is not already.
func (r *ring) want() bool {
	wanted := r.place - ringBytes/2
	r.wanted.Store(wanted)
	return r.head.Load() < wanted
}
