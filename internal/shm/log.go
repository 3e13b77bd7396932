package shm

import "unsafe"

// The redo log. A change of more than one word is first written down, then
// committed by one store of the number of entries, then done, then forgotten:
//
//	put, put, …   entries filled; nobody reads them
//	commit        logCount = n: from here on the change has happened
//	              each value stored in its place
//	              logCount = 0
//
// Whoever takes the lock from a dead holder does a committed log again, which
// changes nothing where it was done already. A word stands in a log at most
// once, and only words that no fast path changes meanwhile may stand there.

// put adds one store to the log.
func (n *Namespace) put(w *word, v uint64) {
	if n.pending >= logSize {
		n.tooLong()
	}
	e := n.logEntry(n.pending)
	e.offset.set(n.offsetOf(w))
	e.value.set(v)
	n.pending++
}

//go:noinline
func (n *Namespace) tooLong() { n.damaged("a change of more than %d words", logSize) }

// commit makes the changes that were put.
func (n *Namespace) commit() {
	h := n.header()
	h.logCount.store(uint64(n.pending))
	for i := range n.pending {
		e := n.logEntry(i)
		offset := uint64(e.offset)
		if !mayChange(offset) {
			n.strayEntry(offset)
		}
		n.wordAt(offset).put(uint64(e.value))
	}
	n.pending = 0
	h.logCount.put(0)
}

//go:noinline
func (n *Namespace) strayEntry(offset uint64) { n.damaged("a log entry for offset %#x", offset) }

// redo does a committed log again. It believes nothing that it reads.
func (n *Namespace) redo() {
	h := n.header()
	count := h.logCount.load()
	if count > logSize {
		h.logCount.store(0)
		n.damaged("a log of %d entries", count)
	}
	for i := range int(count) {
		e := n.logEntry(i)
		offset := e.offset.load()
		if !mayChange(offset) {
			h.logCount.store(0)
			n.strayEntry(offset)
		}
		n.wordAt(offset).store(e.value.load())
	}
	h.logCount.store(0)
}

// mayChange reports whether a log may change the word at offset: in the header
// the ticket and the tables, and all behind the log itself. Even who has just
// written an entry must ask: the log is shared.
func mayChange(offset uint64) bool {
	const ticket = uint64(unsafe.Offsetof(header{}.ticket))
	inHeader := offset >= ticket && offset < pageSize
	return offset%8 == 0 && (inHeader || offset >= uint64(offBuckets)) && offset <= uint64(Size)-8
}
