package shm

import (
	"fmt"
	"hash/fnv"
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
)

// A segment is the mapped memory, and the only place where its bytes become
// records. Every index is checked here: one that is out of range means that
// the segment is damaged, which unwinds to the operation's entry (see
// exit) and is reported as ErrCorrupt.
type segment struct {
	mem  []byte
	base unsafe.Pointer
}

// corruption is what damage panics with, to be caught by exit or guarded.
type corruption string

func (c corruption) Error() string { return string(c) }

func (c corruption) Unwrap() error { return backend.ErrCorrupt }

// damaged unwinds an operation that has met, under the lock, what no version
// writes.
func (n *Namespace) damaged(format string, args ...any) {
	n.unpin() // a pinned goroutine may not panic
	panic(corruption(fmt.Sprintf(format, args...)))
}

func newSegment(mem []byte) segment {
	return segment{mem: mem, base: unsafe.Pointer(unsafe.SliceData(mem))}
}

func (s *segment) header() *header { return (*header)(s.base) }

// wordAt gives the word at an offset that was checked by the caller.
func (s *segment) wordAt(offset uint64) *word { return (*word)(unsafe.Add(s.base, offset)) }

// offsetOf is the inverse of wordAt.
func (s *segment) offsetOf(w *word) uint64 {
	return uint64(uintptr(unsafe.Pointer(w)) - uintptr(s.base))
}

func (s *segment) logEntry(i int) *logEntry {
	return (*logEntry)(unsafe.Add(s.base, offLog+uintptr(i)*unsafe.Sizeof(logEntry{})))
}

func (s *segment) bucket(hash uint32) *word {
	return (*word)(unsafe.Add(s.base, offBuckets+uintptr(hash%bucketCount)*8))
}

// indexOf gives the index of an object by its address.
func (n *Namespace) indexOf(r *objectRecord) uint32 {
	return uint32((n.offsetOf(&r.state) - uint64(offObjects)) / uint64(unsafe.Sizeof(*r)))
}

// mustHave unwinds unless record i of a table, which can have most of them, was
// handed out. Index 0 is nobody.
func (n *Namespace) mustHave(t tableID, i uint32, most uint64) {
	if used := n.header().tables[t].used.load(); i == 0 || uint64(i) >= used || used > most {
		n.stray(t, i)
	}
}

//go:noinline
func (n *Namespace) stray(t tableID, i uint32) {
	n.damaged("index %d of table %d, which has %d records", i, t, n.header().tables[t].used.load())
}

// records is how many records of a table were handed out, nobody included. A
// walk over a list of them that takes more steps goes in a circle.
func (n *Namespace) records(t tableID) uint32 {
	return uint32(min(n.header().tables[t].used.load(), geometries[t].max))
}

// slotAt and waiterAt give the address of a record whose index the caller has
// compared with the size of the table. They serve those who look without the
// lock, and must not unwind.
func (n *Namespace) slotAt(i uint32) *slotRecord {
	return (*slotRecord)(unsafe.Add(n.base, offSlots+uintptr(i)*unsafe.Sizeof(slotRecord{})))
}

func (n *Namespace) waiterAt(i uint32) *waiterRecord {
	return (*waiterRecord)(unsafe.Add(n.base, offWaiters+uintptr(i)*unsafe.Sizeof(waiterRecord{})))
}

func (n *Namespace) slot(i uint32) *slotRecord {
	// Slots are claimed without the lock, so their table has no used count.
	if i == 0 || i >= maxSlots || uint64(i) >= n.header().tables[slotTable].limit.load() {
		n.damaged("slot %d is out of range", i)
	}
	return n.slotAt(i)
}

func (n *Namespace) object(i uint32) *objectRecord {
	n.mustHave(objectTable, i, maxObjects)
	return (*objectRecord)(unsafe.Add(n.base, offObjects+uintptr(i)*unsafe.Sizeof(objectRecord{})))
}

func (n *Namespace) handle(i uint32) *handleRecord {
	n.mustHave(handleTable, i, maxHandles)
	return (*handleRecord)(unsafe.Add(n.base, offHandles+uintptr(i)*unsafe.Sizeof(handleRecord{})))
}

func (n *Namespace) waiter(i uint32) *waiterRecord {
	n.mustHave(waiterTable, i, maxWaiters)
	return n.waiterAt(i)
}

func (n *Namespace) block(i uint32) *blockRecord {
	n.mustHave(blockTable, i, maxBlocks)
	return (*blockRecord)(unsafe.Add(n.base, offBlocks+uintptr(i)*unsafe.Sizeof(blockRecord{})))
}

func (n *Namespace) chunk(i uint32) *chunkRecord {
	n.mustHave(chunkTable, i, maxChunks)
	return (*chunkRecord)(unsafe.Add(n.base, offChunks+uintptr(i)*unsafe.Sizeof(chunkRecord{})))
}

func (n *Namespace) ringRecord(i uint32) *ringRecord {
	n.mustHave(ringTable, i, maxRings)
	return (*ringRecord)(unsafe.Add(n.base, offRings+uintptr(i)*unsafe.Sizeof(ringRecord{})))
}

// An entry's index: those within waiters come first, then those of blocks.
func inlineEntry(waiter uint32, k int) uint32 { return waiter*inlineEntries + uint32(k) }

func blockEntry(block uint32, k int) uint32 {
	return maxWaiters*inlineEntries + block*maxWait + uint32(k)
}

func (n *Namespace) entry(i uint32) *entryRecord {
	if i < maxWaiters*inlineEntries {
		return &n.waiter(i / inlineEntries).inline[i%inlineEntries]
	}
	i -= maxWaiters * inlineEntries
	return &n.block(i / maxWait).entries[i%maxWait]
}

// entryOf gives the index of entry k of a waiter.
func (n *Namespace) entryOf(waiter uint32, w *waiterRecord, k int) uint32 {
	if b := uint32(w.block.load()); b != 0 {
		return blockEntry(b, k)
	}
	return inlineEntry(waiter, k)
}

// entryAt gives entry k of a waiter.
func (n *Namespace) entryAt(w *waiterRecord, k int) *entryRecord {
	if b := uint32(w.block.load()); b != 0 {
		return &n.block(b).entries[k%maxWait]
	}
	return &w.inline[k%inlineEntries]
}

// entries gives the number of objects that a waiter waits for.
func (n *Namespace) entries(w *waiterRecord) int {
	count := int(second(w.who.load()) &^ waitAllBit)
	limit := inlineEntries
	if w.block.load() != 0 {
		limit = maxWait
	}
	if count > limit {
		n.damaged("a wait for %d objects", count)
	}
	return count
}

// Format makes mem, which is all zero, an empty segment of the given boot.
func Format(mem []byte, boot [16]byte) {
	s := newSegment(mem)
	h := s.header()
	h.version.set(version)
	h.layout.set(layoutHash())
	h.size.set(uint64(Size))
	h.boot = *(*[2]word)(unsafe.Pointer(&boot))
	for t := range h.tables {
		h.tables[t].used.set(1)
	}
	h.tables[slotTable].limit.set(initialSlots)
	h.magic.store(magic)
}

// CheckHeader looks at the first page of a segment before anything else of it
// is believed. stale reports that it was made in an earlier boot.
func CheckHeader(page []byte, boot [16]byte) (stale bool, err error) {
	s := newSegment(page)
	h := s.header()
	switch {
	case uint64(h.magic) != magic:
		return false, fmt.Errorf("%w: the file is not a segment (it begins with %#x)", backend.ErrCorrupt, uint64(h.magic))
	case h.version != version:
		return false, fmt.Errorf("%w: the segment has version %d, this program uses version %d",
			backend.ErrVersion, uint64(h.version), version)
	case uint64(h.layout) != layoutHash() || int64(h.size) != Size:
		return false, fmt.Errorf("%w: the segment has layout %#x, this program uses layout %#x of version %d",
			backend.ErrVersion, uint64(h.layout), layoutHash(), version)
	}
	// Zeros are of a process that could not find out which boot this is.
	now, unknown := *(*[2]word)(unsafe.Pointer(&boot)), [2]word{}
	return h.boot != now && h.boot != unknown && now != unknown, nil
}

func hashName(name string) uint32 {
	f := fnv.New32a()
	f.Write([]byte(name))
	return f.Sum32()
}
