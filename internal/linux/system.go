//go:build linux

package linux

import (
	"errors"
	"math"
	"os"
	"time"
	"unsafe"
)

// A System is a segment together with all that the engine asks of Linux; see
// the engine's interface of that name.
type System struct {
	dir     *Dir
	segment *Segment
	mem     []byte
	unguard func()
	tripped func() bool
}

// A Format says how segments are made and recognised.
type Format struct {
	Size, Reserve int64
	Init          func(mem []byte, boot [16]byte)
	Check         func(head []byte, boot [16]byte) (stale bool, err error)
}

// OpenSystem opens the segment in the directory path, and makes both when they
// are missing and create says so for the directory. See [OpenDir] and
// [Dir.OpenSegment] for the errors.
func OpenSystem(path string, access Access, create bool, f Format) (*System, error) {
	s, err := openSystem(path, access, create, f)
	if err != nil {
		return nil, explain(err)
	}
	return s, nil
}

func openSystem(path string, access Access, create bool, f Format) (*System, error) {
	boot, err := BootID()
	if err != nil {
		return nil, err
	}
	dir, err := OpenDir(path, access, create)
	if err != nil {
		return nil, err
	}
	segment, err := dir.OpenSegment(f.Size, f.Reserve,
		func(mem []byte) error {
			f.Init(mem, boot)
			return nil
		},
		func(head []byte) error {
			stale, err := f.Check(head, boot)
			if err == nil && stale && boot != unknownBoot {
				err = ErrStale
			}
			return err
		})
	if err != nil {
		dir.Close()
		return nil, err
	}
	s := &System{dir: dir, segment: segment, mem: segment.Bytes()}
	// Without a guard a truncated segment is a crash; everything else works.
	s.unguard, s.tripped, _ = Guard(s.mem)
	return s, nil
}

// unknownBoot is the boot of a process that cannot tell, which takes no
// segment for stale.
var unknownBoot [16]byte

// Bytes is the memory of the segment.
func (s *System) Bytes() []byte { return s.mem }

// Dir is the directory of the namespace.
func (s *System) Dir() string { return s.dir.Path() }

// Close unmaps the segment, and closes its file and the directory. It may be
// called again.
func (s *System) Close() error {
	s.unguard()
	return errors.Join(s.segment.Close(), s.dir.Close())
}

// Sleep is [FutexWait].
func (s *System) Sleep(word *uint32, value uint32, timeout time.Duration) {
	FutexWait(word, value, timeout)
}

// SleepUntil is [FutexWaitUntil].
func (s *System) SleepUntil(word *uint32, value uint32, wall int64) {
	FutexWaitUntil(word, value, time.Unix(0, wall))
}

// deathPoll is how often the life of processes without robust lists, which no
// word tells of, is looked at.
const deathPoll = 20 * time.Millisecond

// SleepAny is [FutexWaitMany]. It comes back now and then when one of the
// words is that of a process whose death does not change it.
func (s *System) SleepAny(words []*uint32, values []uint32) {
	timeout := time.Duration(-1)
	for _, v := range values[1:] {
		if v&byteLocked != 0 {
			timeout = deathPoll
		}
	}
	FutexWaitMany(words, values, timeout)
}

// Wake is [FutexWake].
func (s *System) Wake(word *uint32, n int) { FutexWake(word, n) }

// Rouse wakes the sleepers of a word whose page may have been lost to a
// truncation. They sleep on a place of the file, which this process reaches
// only through a new mapping then, once the file is long enough again.
func (s *System) Rouse(word *uint32) {
	FutexWake(word, math.MaxInt32)
	if s.tripped() {
		at := uintptr(unsafe.Pointer(word)) - uintptr(unsafe.Pointer(unsafe.SliceData(s.mem)))
		s.segment.wakeAt(int64(at), len(s.mem))
	}
}

// Now is [Now], WallNow is [WallNow].
func (s *System) Now() int64     { return Now() }
func (s *System) WallNow() int64 { return WallNow() }

// Reserve is [Segment.Reserve].
func (s *System) Reserve(offset, length int64) error { return s.segment.Reserve(offset, length) }

// Deleted reports whether the segment, or a part of its memory, was taken away.
func (s *System) Deleted() bool { return s.tripped() || s.segment.Deleted() }

// Unlinked is the cheaper part of Deleted.
func (s *System) Unlinked() bool { return s.tripped() || s.segment.Unlinked() }

// WhenFenced is [WhenFenced], Barrier is [Barrier], SlowBarrier is
// [SlowBarrier].
func (s *System) WhenFenced(f func()) { WhenFenced(f) }
func (s *System) Barrier()            { Barrier() }
func (s *System) SlowBarrier()        { SlowBarrier() }

// Enlist is [Enlist].
func (s *System) Enlist(pick func(try func(alive *uint32) bool) error, body, left func()) error {
	return Enlist(s.mem, s.segment.File(), pick, body, left)
}

// Gone reports whether the process that claimed a word by a lock on its byte
// is gone.
func (s *System) Gone(alive *uint32) bool {
	at := uintptr(unsafe.Pointer(alive)) - uintptr(unsafe.Pointer(unsafe.SliceData(s.mem)))
	locked, err := ByteLocked(s.segment.File(), int64(at))
	return err == nil && !locked
}

// PID is that of this process, and PIDSpace is [PIDSpace].
func (s *System) PID() int         { return os.Getpid() }
func (s *System) PIDSpace() uint64 { return PIDSpace() }

// Ended is [Ended].
func (s *System) Ended(pid int, within time.Duration) bool { return Ended(pid, within) }

// Command is [SelfCommand].
func (s *System) Command() string { return SelfCommand() }

// Pin is [Pin], Unpin is [Unpin], Pause is [Pause].
func (s *System) Pin()        { Pin() }
func (s *System) Unpin()      { Unpin() }
func (s *System) Pause(n int) { Pause(n) }
