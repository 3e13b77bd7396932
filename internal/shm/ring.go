package shm

import (
	"fmt"
	"math/bits"
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
)

// The messages of a mailslot are in a ring: a file of a power of two of bytes.
// Each is a word with its length and then its bytes, filled up to whole words;
// at the end of the file it goes on at the beginning. There is one reader, and
// one writer at a time, who owns the gate, a mutex of the engine.
//
//	tail      written by the owner of the gate, when the message before it is
//	          complete. That store is the sending: if the writer dies before,
//	          the next one writes over what it has left
//	head      written by the reader, when it has copied the message. That store
//	          is the receiving
//	base      written by the owner of the gate while the ring is empty, so that
//	          a ring that is often empty uses the same few pages again and again.
//	          The reader looks at it after a tail that is beyond head, and the
//	          ring is not empty then
//	reserved  written by the owner of the gate: raised after the memory is there,
//	          lowered before it is given back
//	seen      written by the owner of the gate, so that it looks at head, which the
//	          reader changes all the time, only when the room does not suffice
//	wanted    written by the owner of the gate when it waits for room, and taken
//	          back by it, by its reaper before anybody else owns the gate, and by the
//	          reader, who then sets the event of room. If the writer has gone by then
//	          the event is set for nothing, and its next user looks again
//
// Nothing that is read here is believed: positions are reduced to the size of
// the file, and lengths compared with what there can be.

// A cursor is a place in the sequence of messages: which byte it is, in words,
// and how many messages lie before it. One word, so that both change at once.
type cursor uint64

const (
	numberBits = 28
	numberMask = 1<<numberBits - 1
	placeMask  = 1<<(64-numberBits) - 1
	wordSize   = 8

	// maxRing keeps the messages of a ring countable.
	maxRing = 1 << 30
	minRing = pageSize
)

func (c cursor) place() uint64 { return uint64(c >> numberBits) }

// advance is the cursor behind one more message of so many words.
func (c cursor) advance(words uint64) cursor {
	return cursor((c.place()+words)&placeMask<<numberBits | (uint64(c)+1)&numberMask)
}

// bytesTo is the distance of a cursor from an earlier one.
func (c cursor) bytesTo(later cursor) uint64 {
	return (later.place() - c.place()) & placeMask * wordSize
}

// messagesTo is the number of messages between the two.
func (c cursor) messagesTo(later cursor) uint64 { return uint64(later-c) & numberMask }

// wordsOf is the room of a message.
func wordsOf(length uint64) uint64 { return 1 + (length+wordSize-1)/wordSize }

// ringSize is the size of the file for a queue of so many bytes.
func ringSize(queue int64) int64 {
	if queue <= minRing {
		return minRing
	}
	return 1 << bits.Len64(uint64(min(queue, maxRing))-1)
}

func (r *ringRecord) empty() bool { return r.head.load() == r.tail.load() }

// used is the number of bytes in the queue, headers included.
func (r *ringRecord) used() uint64 { return cursor(r.head.load()).bytesTo(cursor(r.tail.load())) }

// messages is the number of messages in the queue.
func (r *ringRecord) messages() int {
	return int(cursor(r.head.load()).messagesTo(cursor(r.tail.load())))
}

// A ring is a process's view of one: the shared record, the mapped file, and
// what does not change, read and checked once.
type ring struct {
	*ringRecord
	index uint32
	size  uint64
	most  uint64
	file  backend.RingFile
	mem   []byte
}

// open makes r the view of ring i, whose file is mapped.
func (r *ring) open(rec *ringRecord, i uint32, file backend.RingFile) error {
	size, most := rec.size.load(), rec.most.load()
	mem := file.Bytes()
	if uint64(len(mem)) != size || size&(size-1) != 0 || size < minRing || most > size-wordSize {
		return fmt.Errorf("%w: ring %d has %d bytes for messages of %d, its file %d", backend.ErrCorrupt, i, size, most, len(mem))
	}
	if most == 0 {
		most = size - wordSize
	}
	*r = ring{rec, i, size, most, file, mem}
	return nil
}

// place finds where the next message goes; ok is false when there is no room.
// The caller owns the gate.
func (r *ring) place(need uint64) (tail cursor, ok bool, err error) {
	tail = cursor(r.tail.load())
	if cursor(r.seen.load()).bytesTo(tail)+need > r.size && !r.look(tail, need) {
		return tail, false, nil
	}
	offset := r.at(tail.place())
	if offset >= rewindAfter && cursor(r.head.load()) == tail {
		r.base.store(tail.place() * wordSize)
		offset = 0
	}
	if end := min(offset+need, r.size); end > r.reserved.load() {
		err = r.reserve(end)
	}
	return tail, err == nil, err
}

// look reports whether there is room by now.
func (r *ring) look(tail cursor, need uint64) bool {
	head := r.head.load()
	r.seen.store(head)
	return cursor(head).bytesTo(tail)+need <= r.size
}

const (
	// rewindAfter is how far the place of an empty ring wanders: what fits into
	// a processor's cache.
	rewindAfter = 64 << 10
	// firstMemory is what a new ring has, keptMemory what it keeps when it has
	// been emptied.
	firstMemory = 64 << 10
	keptMemory  = 1 << 20
)

// reserve puts memory behind the ring up to end, by half more than it has.
func (r *ring) reserve(end uint64) error {
	have := min(r.reserved.load(), r.size)
	want := min(max(end, have+have/2), r.size)
	want = min((want+pageSize-1)&^(pageSize-1), r.size)
	if err := r.file.Reserve(int64(have), int64(want-have)); err != nil {
		return noSpace(err)
	}
	r.reserved.store(want)
	return nil
}

// giveBack takes most of the memory away from an empty ring. The caller is the
// reader and owns the gate.
func (r *ring) giveBack() {
	tail := cursor(r.tail.load())
	if !r.empty() || r.reserved.load() <= keptMemory {
		return
	}
	r.base.store(tail.place() * wordSize)
	r.reserved.store(keptMemory)
	r.file.Release(keptMemory, int64(r.size-keptMemory)) // or it stays as it is
}

// damaged is the error for a file that was cut short.
func (r *ring) damaged() error {
	if !r.file.Damaged() {
		return nil
	}
	return fmt.Errorf("%w: the file of the mailslot's messages was truncated", backend.ErrCorrupt)
}

// at is where a place is in the file.
func (r *ring) at(place uint64) uint64 {
	return (place*wordSize - r.base.load()) & (r.size - 1)
}

// header is the word at an offset of the file.
func (r *ring) header(offset uint64) *word {
	return (*word)(unsafe.Pointer(&r.mem[offset&^(wordSize-1)]))
}

// write puts a message behind the last one and sends it. There is room.
func (r *ring) write(tail cursor, message []byte) {
	offset := r.at(tail.place())
	r.header(offset).set(uint64(len(message)))
	n := copy(r.mem[(offset+wordSize)&(r.size-1):], message)
	copy(r.mem, message[n:])
	r.tail.store(uint64(tail.advance(wordsOf(uint64(len(message))))))
}

// next finds the first message; ok is false when there is none.
func (r *ring) next() (head cursor, length uint64, ok bool, err error) {
	head = cursor(r.head.load())
	tail := cursor(r.tail.load())
	if head == tail {
		return head, 0, false, nil
	}
	room := head.bytesTo(tail)
	length = r.header(r.at(head.place())).load()
	if room > r.size || length > room-wordSize || room < wordSize {
		return head, 0, false, fmt.Errorf("%w: a message of %d bytes in a queue of %d", backend.ErrCorrupt, length, room)
	}
	return head, length, true, nil
}

// read copies the message at head, whose length is that of into.
func (r *ring) read(head cursor, into []byte) {
	offset := (r.at(head.place()) + wordSize) & (r.size - 1)
	n := copy(into, r.mem[offset:])
	copy(into[n:], r.mem)
}
