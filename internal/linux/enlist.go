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

// Enlist ties a word to the life of this process. It starts a goroutine on an
// operating system thread of its own and calls pick there, which tries words
// until one is free: try claims a word that is 0 by the thread's id, and
// reports whether it did. From the claim on, when the process dies, in
// whatever way (SIGKILL, a crash, os.Exit, a return from main, an exec), the
// kernel sets [OwnerDied] in the word and wakes one of those who wait on it.
// Then it does the same with the other knells of the word, which follow it at
// distances of [KnellStride] and have the same value: so each can be for one
// waiter, who is woken for certain.
//
// Enlist returns when pick has, with its error; without one, body then runs
// on the same thread. When body returns, the words become 0, the first one last,
// unless body has given them another value, all who wait on them are woken, left is
// called, and the thread ends.
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
	list := newRobustList()
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
	c.claimed(word, value)
	return true
}

// claimed gives the other knells the value, too. Who dies before has only the first
// one marked.
func (c *claimer) claimed(word *uint32, value uint32) {
	c.word, c.value = word, value
	for i := 1; i < Knells; i++ {
		atomic.StoreUint32(knell(word, i), value)
	}
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
	c.claimed(word, byteLocked|futexWaiters)
	return true
}

func (c *claimer) offset(word *uint32) int64 {
	return int64(uintptr(unsafe.Pointer(word)) - uintptr(unsafe.Pointer(unsafe.SliceData(c.mem))))
}

// end frees the word, unless body or somebody else has given it another value.
// In this order: the kernel marks no word that has another value than the
// thread's id, and who finds the first one free may claim it.
func (c *claimer) end() {
	if c.word != nil {
		for i := Knells - 1; i >= 0; i-- {
			atomic.CompareAndSwapUint32(knell(c.word, i), c.value, 0)
		}
		for i := range Knells {
			FutexWake(knell(c.word, i), math.MaxInt32)
		}
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
