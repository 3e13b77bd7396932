package shm

import (
	"sync/atomic"
	"unsafe"
)

// A word is one 64-bit word of the segment, a half a 32-bit one that a futex
// may be waited on. Every access to the segment that another process may see
// at the same time goes through their methods; seam lets a test build count
// and stop at each of them.
type (
	word uint64
	half uint32
)

// An access to the segment looks at a word or may change it.
type access bool

const (
	look   access = false
	change access = true
)

func (w *word) load() uint64 {
	seam(look)
	return atomic.LoadUint64((*uint64)(w))
}

func (w *word) store(v uint64) {
	seam(change)
	atomic.StoreUint64((*uint64)(w), v)
}

func (w *word) cas(old, new uint64) bool {
	seam(change)
	return atomic.CompareAndSwapUint64((*uint64)(w), old, new)
}

// put is store for the holder of the lock, who does a committed log: who sees v
// sees what was stored before, too, but a later load may come earlier.
func (w *word) put(v uint64) {
	seam(change)
	release((*uint64)(w), v)
}

// set is a plain store, for words that nobody else can reach or believe before
// a later atomic store: the log before its commit, a record before it is
// linked.
func (w *word) set(v uint64) {
	seam(change)
	*w = word(v)
}

func (h *half) load() uint32 {
	seam(look)
	return atomic.LoadUint32((*uint32)(h))
}

func (h *half) store(v uint32) {
	seam(change)
	atomic.StoreUint32((*uint32)(h), v)
}

func (h *half) cas(old, new uint32) bool {
	seam(change)
	return atomic.CompareAndSwapUint32((*uint32)(h), old, new)
}

func (h *half) add(d uint32) uint32 {
	seam(change)
	return atomic.AddUint32((*uint32)(h), d)
}

func (w *word) add(d uint64) uint64 {
	seam(change)
	return atomic.AddUint64((*uint64)(w), d)
}

// futexOf is the low half of a word, for the system to sleep on. Words are
// little-endian.
func futexOf(w *word) *uint32 { return (*uint32)(unsafe.Pointer(w)) }

// pair packs two indices into a word; first and second take them out.
func pair(first, second uint32) uint64 { return uint64(first)<<32 | uint64(second) }

func first(v uint64) uint32  { return uint32(v >> 32) }
func second(v uint64) uint32 { return uint32(v) }
