//go:build linux

package linux

import (
	"math"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// byteLocked marks the alive word of a process that proves its life by a lock
// on the word's own byte of the file, for want of robust lists.
const byteLocked = 0x20000000

// Enlist ties a word to the life of this process. It starts a goroutine on an
// operating system thread of its own and calls pick there, which tries words
// until one is free: try claims a word that is 0 by the thread's id, and
// reports whether it did. From the claim on, when the process dies, in
// whatever way (SIGKILL, a crash, os.Exit, a return from main, an exec), the
// kernel sets [OwnerDied] in the word and wakes one of those who wait on it.
// Enlist returns when pick has, with its error; without one, body then runs
// on the same thread. When body returns, the word becomes 0, unless body
// has given it another value, all who wait on it are woken, left is called, and the
// thread ends.
//
// Where the kernel has no robust lists, the claim is a lock on the word's byte
// of file; see [ByteLocked].
//
// The words must stay mapped until body has returned.
func Enlist(mem []byte, file *os.File, pick func(try func(alive *uint32) bool) error, body, left func()) error {
	ready := make(chan error, 1)
	go func() {
		// Never unlocked: Go ends the thread together with the goroutine.
		runtime.LockOSThread()
		c := newClaimer(mem, file)
		if err := pick(c.try); err != nil {
			c.end()
			ready <- err
			return
		}
		ready <- nil
		body()
		// Not deferred: a panic must leave the word to the kernel, or the death
		// would look like a departure.
		c.end()
		left()
		runtime.KeepAlive(body) // and with it whatever keeps mem mapped
	}()
	return <-ready
}

// A claimer claims one word for its thread.
type claimer struct {
	list   *robustList // nil: by a lock on a byte
	before uintptr
	mem    []byte
	file   *os.File
	word   *uint32 // the one that was claimed
	value  uint32  // and by what
}

func newClaimer(mem []byte, file *os.File) *claimer {
	c := &claimer{mem: mem, file: file}
	if noRobustList.Load() {
		return c
	}
	list := newRobustList((*uint32)(unsafe.Pointer(unsafe.SliceData(mem))))
	list.keep()
	before, errno := list.install()
	if errno != 0 {
		list.drop()
		return c
	}
	c.list, c.before = list, before
	return c
}

func (c *claimer) try(word *uint32) bool {
	if c.list == nil {
		return c.tryByte(word)
	}
	// The list leads to the word before the word names the thread, so that
	// there is no moment at which a death goes unnoticed.
	c.list.aim(word)
	value := uint32(unix.Gettid()) | futexWaiters
	if !atomic.CompareAndSwapUint32(word, 0, value) {
		return false
	}
	c.word, c.value = word, value
	return true
}

func (c *claimer) tryByte(word *uint32) bool {
	at := c.offset(word)
	if LockByte(c.file, at) != nil {
		return false
	}
	if !atomic.CompareAndSwapUint32(word, 0, byteLocked|futexWaiters) {
		UnlockByte(c.file, at)
		return false
	}
	c.word, c.value = word, byteLocked|futexWaiters
	return true
}

func (c *claimer) offset(word *uint32) int64 {
	return int64(uintptr(unsafe.Pointer(word)) - uintptr(unsafe.Pointer(unsafe.SliceData(c.mem))))
}

// end frees the word, unless body or somebody else has given it another value.
// In this order: the kernel marks no word that has another value than the
// thread's id.
func (c *claimer) end() {
	if c.word != nil {
		atomic.CompareAndSwapUint32(c.word, c.value, 0)
		FutexWake(c.word, math.MaxInt32)
	}
	if c.list == nil {
		if c.word != nil {
			UnlockByte(c.file, c.offset(c.word))
		}
		return
	}
	restoreRobustList(c.before)
	c.list.drop()
}
