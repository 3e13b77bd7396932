package shm

import (
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
)

// The segment, described byte by byte in docs/segment-format.md: a header, the
// redo log, the hash table of names, and a table of each kind of record.
// Records refer to each other by index, never by address; index 0 is nobody.
// Tables have a fixed place and a fixed greatest size, and take memory only as
// they grow.
const (
	magic   = 0x00_67_65_73_63_70_69_01 // "\x01ipcseg\x00" in memory
	version = 5

	maxSlots   = 1 << 13
	maxObjects = 1 << 17
	maxHandles = 1 << 20
	maxWaiters = 1 << 18
	maxBlocks  = 1 << 15
	maxChunks  = 1 << 18
	maxRings   = 1 << 14

	bucketCount = 1 << 14
	logSize     = 512

	pageSize = 4096
)

// header is the first page.
type header struct {
	magic   word
	version word
	layout  word // hash of the sizes and offsets below
	size    word
	boot    [2]word // the boot that the segment belongs to
	_       [2]word

	lock word // the namespace's lock; see lock.go
	_    [7]word

	logCount word // not 0: the log is committed and must be applied
	ticket   word // of the last wait that was queued
	_        [6]word

	tables [tableCount]tableHeader
}

// tableHeader says how far a table is used. It is changed under the lock,
// through the log; limit is raised by anybody who has reserved the memory.
type tableHeader struct {
	limit word // records that have memory
	used  word // records that were ever handed out; those above are untouched
	free  word // first of the list of free ones
	_     word
}

type tableID int

const (
	slotTable tableID = iota
	objectTable
	handleTable
	waiterTable
	blockTable
	chunkTable
	ringTable
	tableCount
)

// logEntry is one store to be done: value at offset.
type logEntry struct{ offset, value word }

// slotRecord is a process that uses the namespace. Slots are claimed by a
// compare-and-swap of alive from 0; whoever reaps a dead process, or the
// process itself when it leaves, frees it last of all.
type slotRecord struct {
	alive    half // marked by the kernel when the process dies; futex of the first of its watchers
	bell     half // counts what its watcher must look at; futex
	alive2   half // as alive, for the second of its watchers; see knell
	doorbell half // counts what its dispatcher must look at; futex
	alive3   half // as alive, for the third
	fenced   half // fencedMark of the generation: barriers reach its process; see fence.go

	generation word // of the slot; changed by who frees it: its reaper, or its process as it leaves
	pid        half
	left       half // not 0: its process leaves, and owns nothing more; see freed
	handles    word // first handle record
	waiters    word // first waiter record, in use or not
	blocks     word // first block of entries, in use or not
	ready      word // first parked waiter that its dispatcher must wake
	waking     word // sections that have granted something and not woken everybody yet

	command  [40]byte
	pidSpace word // among which processes pid means it, 0: not known; see fence.go
}

// objectRecord is an event, mutex, semaphore, timer or mailslot. Once it is reachable
// all but state is changed under the lock, most of it through the log.
type objectRecord struct {
	state  word // see state.go
	kind   word // kind and flags
	max    word // semaphores; mailslots, their gates and their events of room: the ring
	queue  word // first and last entry of those who wait
	due    word // timers: nanoseconds of the clock
	clock  word // timers: clockNone, clockMonotonic, clockWall
	period word // timers: nanoseconds
	nudged word // mutexes: the waiter that was told to come; believed only if its claim says so

	name    word // first chunk, length
	hash    word
	chain   word // next object in the bucket, or in the free list
	handles word // first handle record, number of handles
	_       [4]word
}

// Flags in objectRecord.kind, above the kind itself.
const (
	kindMask      = 0xFF
	flagManual    = 1 << 8
	flagPermanent = 1 << 9
	flagReclaim   = 1 << 10
	flagEnded     = 1 << 11 // a mailslot whose reader is gone
)

// kindOf takes the flags off objectRecord.kind.
func kindOf(kind uint64) backend.Kind { return backend.Kind(kind & kindMask) }

// is reports whether an object is of a kind.
func (r *objectRecord) is(kind backend.Kind) bool { return kindOf(r.kind.load()) == kind }

// Values of objectRecord.clock. An armed timer keeps S set.
const (
	clockNone = iota
	clockMonotonic
	clockWall
)

// handleRecord is one handle of one process to one object. It is in the list
// of its object and in that of its slot.
type handleRecord struct {
	place   word // object, slot
	ofObj   word // next, previous in the object's list; next free
	ofSlot  word // next, previous in the slot's list
	permits word // semaphores with flagReclaim: acquired and not released; mailslots: 1 for the reader's; see transit.go for the upper half
}

// waiterRecord is one wait. A record belongs to a slot for as long as its
// process lives, which reuses it.
type waiterRecord struct {
	claim     word // see state.go; futex
	abandoned word // bit i: object i was an abandoned mutex
	ticket    word // order of arrival
	since     word // monotonic nanoseconds
	who       word // slot, and kind and number of objects
	chain     word // next of the slot, or next free
	ready     word // next in the slot's ready list, with readyBit while in it
	block     word // block that holds the entries of a wide wait, or 0
	inline    [inlineEntries]entryRecord
	called    word // when it was told to fetch its mutex, monotonic nanoseconds; 0 before
	_         word
}

// entryRecord is one place of one waiter in the queue of one object.
type entryRecord struct {
	links  word // next, previous entry of the queue
	target word // object, handle
	waiter word // waiter, the owner that a mutex goes to
}

const (
	inlineEntries = 2
	maxWait       = 64

	waitAllBit = 1 << 31 // in the low half of waiterRecord.who
	readyBit   = 1 << 32
)

// blockRecord has the entries of a wait for more than two objects.
type blockRecord struct {
	chain   word
	_       [7]word
	entries [maxWait]entryRecord
}

// chunkRecord is a piece of a name.
type chunkRecord struct {
	next word
	text [chunkText]byte
}

const chunkText = 56

// ringRecord is the queue of a mailslot, but for its messages, which are in a
// file of their own; see ring.go.
type ringRecord struct {
	// Written before the mailslot can be found.
	size   word // bytes of the file, a power of two
	most   word // bytes of the longest message; 0: as many as fit
	object word // slot of the reader's process, object
	parts  word // objects: the writers' mutex (the gate), the event of free room

	timeout word // nanoseconds that the reader waits for a message; for people only
	wanted  word // bytes of room that a writer waits for; 0: nobody waits
	_       [2]word

	// Written by the owner of the gate.
	tail     word // cursor behind the last message
	base     word // position of the first byte of the file
	reserved word // bytes of the file that have memory
	seen     word // head, not later than it is
	_        [4]word

	// Written by the reader.
	head word // cursor of the first message
	_    [7]word

	chain word // next free
	_     [7]word
}

// The places of everything.
const (
	offLog     = pageSize
	offBuckets = offLog + logSize*unsafe.Sizeof(logEntry{})
	offSlots   = offBuckets + bucketCount*8
	offObjects = offSlots + maxSlots*unsafe.Sizeof(slotRecord{})
	offHandles = offObjects + maxObjects*unsafe.Sizeof(objectRecord{})
	offWaiters = offHandles + maxHandles*unsafe.Sizeof(handleRecord{})
	offBlocks  = offWaiters + maxWaiters*unsafe.Sizeof(waiterRecord{})
	offChunks  = offBlocks + maxBlocks*unsafe.Sizeof(blockRecord{})
	offRings   = offChunks + maxChunks*unsafe.Sizeof(chunkRecord{})

	// Size is the size of a segment's file. It is sparse.
	Size = int64(offRings + maxRings*unsafe.Sizeof(ringRecord{}))

	// InitialReserve is the part that must have memory before Format: the
	// header, the log, the names' hash table and the first slots.
	InitialReserve = int64(offSlots) + initialSlots*int64(unsafe.Sizeof(slotRecord{}))

	initialSlots = 32
)

// geometry is what the code needs to know of a table.
type geometry struct {
	offset, size, max uint64
	step              uint64 // records that it grows by at least
}

var geometries = [tableCount]geometry{
	slotTable:   {uint64(offSlots), uint64(unsafe.Sizeof(slotRecord{})), maxSlots, 32},
	objectTable: {uint64(offObjects), uint64(unsafe.Sizeof(objectRecord{})), maxObjects, 32},
	handleTable: {uint64(offHandles), uint64(unsafe.Sizeof(handleRecord{})), maxHandles, 128},
	waiterTable: {uint64(offWaiters), uint64(unsafe.Sizeof(waiterRecord{})), maxWaiters, 32},
	blockTable:  {uint64(offBlocks), uint64(unsafe.Sizeof(blockRecord{})), maxBlocks, 8},
	chunkTable:  {uint64(offChunks), uint64(unsafe.Sizeof(chunkRecord{})), maxChunks, 64},
	ringTable:   {uint64(offRings), uint64(unsafe.Sizeof(ringRecord{})), maxRings, 16},
}

// layoutHash sums up the constants of the layout, so that two builds that
// disagree about it never meet in one segment.
func layoutHash() uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) { h = (h ^ v) * 1099511628211 }
	for _, g := range geometries {
		mix(g.offset)
		mix(g.size)
		mix(g.max)
	}
	mix(uint64(Size))
	mix(logSize)
	mix(bucketCount)
	return h
}
