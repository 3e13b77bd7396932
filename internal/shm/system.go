package shm

import (
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// System is what the engine needs of the operating system. Words are addresses
// in the segment, which other processes have mapped too.
type System interface {
	// Sleep blocks while *word is value, until a Wake, or until timeout has
	// passed; negative means for ever. It may return for no reason.
	Sleep(word *uint32, value uint32, timeout time.Duration)
	// SleepUntil is Sleep until a time of day, which follows the clock.
	SleepUntil(word *uint32, value uint32, wall int64)
	// SleepAny is Sleep on several words: it returns when one has changed.
	SleepAny(words []*uint32, values []uint32)
	// Wake wakes up to n sleepers of the word.
	Wake(word *uint32, n int)

	// Rouse is Wake for sleepers of a word whose memory this process may have
	// lost since, because the file was truncated.
	Rouse(word *uint32)

	// Now is the monotonic clock, which all processes share; WallNow the time
	// of day. Both in nanoseconds. They are called under the lock, so they
	// must not block, not even on a Go mutex.
	Now() int64
	WallNow() int64

	// Reserve makes sure that a part of the segment has memory.
	Reserve(offset, length int64) error
	// Deleted reports whether new processes would find another segment, or
	// this one has lost its memory.
	Deleted() bool
	// Unlinked is Deleted, as far as one look at the file tells.
	Unlinked() bool
	// WhenFenced calls f once the Barrier of others reaches this process, be it
	// at once, later on another goroutine, or never.
	WhenFenced(f func())
	// Barrier returns when no thread of a fenced process that is marked dead can
	// still store into the segment.
	Barrier()
	// SlowBarrier is Barrier for every process. It may take tens of
	// milliseconds, and nothing may be held meanwhile that others wait for.
	SlowBarrier()
	// Ended reports whether no thread of the process that has a number, or had it
	// until it ended, still runs. It waits for that for so long; false means that it
	// is not known.
	Ended(pid int, within time.Duration) bool

	// Enlist starts a goroutine on a thread of its own, and calls there pick,
	// which must claim one alive word with try, and then body. The word says
	// from then on, however the process dies, whether it lives. When body
	// returns, the word is 0 again, unless body has given it another value, its
	// sleepers are woken, and left is called. Enlist returns when pick has.
	Enlist(pick func(try func(alive *uint32) bool) error, body, left func()) error
	// Gone looks at the alive word of a process that has no robust list, and
	// reports whether the process is gone.
	Gone(alive *uint32) bool

	// PID and Command describe this process to others. PIDSpace says among which
	// processes PID means it: those that say the same; 0 if that is not known. Command
	// is text that fits into slotRecord.command.
	PID() int
	PIDSpace() uint64
	Command() string

	// Pin keeps the goroutine on its processor until Unpin.
	Pin()
	Unpin()
	// Pause spends about n times 25 ns.
	Pause(n int)

	// CreateRing makes the file of a mailslot's messages anew and maps it,
	// OpenRing maps it, RemoveRing removes it. Those that have it mapped keep it.
	CreateRing(i uint32, size int64) (backend.RingFile, error)
	OpenRing(i uint32, size int64) (backend.RingFile, error)
	RemoveRing(i uint32) error

	// Close releases the mapping and the file.
	Close() error
	// Dir is the directory of the namespace.
	Dir() string
}
