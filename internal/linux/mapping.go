//go:build linux

package linux

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserveChunk is how much one fallocate asks for. A signal makes tmpfs give
// up and undo the whole call, and the Go runtime sends signals every 10 ms, so
// a call must be short.
const reserveChunk = 4 << 20

// Bytes returns the memory of the segment. It is nil after Close.
func (s *Segment) Bytes() []byte { return s.mem }

// Path returns the absolute path of the segment's file.
func (s *Segment) Path() string { return s.path }

// File returns the open file of the segment, for [LockByte]. It belongs to the
// segment.
func (s *Segment) File() *os.File { return s.file }

// Reserve puts memory behind a range of the segment, so that touching it cannot
// fail. It keeps the size and what the range holds, and may be repeated.
//
//   - ENOSPC: the file system is full, or the user's quota. Part of the range
//     may have been reserved.
func (s *Segment) Reserve(offset, length int64) error {
	return control(s.file, func(fd int) error {
		for end := offset + length; offset < end; offset += reserveChunk {
			n := min(end-offset, reserveChunk)
			_, err := ignoringEINTR(func() (int, error) {
				return 0, unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, offset, n)
			})
			if err != nil {
				return s.explainReserve(err)
			}
		}
		return nil
	})
}

func (s *Segment) explainReserve(err error) error {
	switch {
	case isFull(err):
		return full(filepath.Dir(s.path), err)
	case errors.Is(err, unix.EOPNOTSUPP):
		return refuse(err, "the file system of %s cannot reserve space: use a directory on tmpfs", s.path)
	default:
		return explain(&fs.PathError{Op: "fallocate", Path: s.path, Err: err})
	}
}

// Deleted reports whether the segment was taken away under its users: its path
// no longer leads to it, or it has another size. New processes then do not meet
// those that have it open.
func (s *Segment) Deleted() bool {
	if s.Unlinked() {
		return true
	}
	var open, named unix.Stat_t
	err := control(s.file, func(fd int) error { return unix.Fstat(fd, &open) })
	return err != nil || unix.Lstat(s.path, &named) != nil || !sameFile(&open, &named)
}

// Unlinked is the part of Deleted that costs one system call: whether the file
// has no name any more, or another size.
func (s *Segment) Unlinked() bool {
	var open unix.Stat_t
	err := control(s.file, func(fd int) error { return unix.Fstat(fd, &open) })
	return err != nil || open.Nlink == 0 || open.Size != int64(len(s.mem))
}

// Close unmaps the segment and closes its file. The caller makes sure that
// nobody uses its memory any more.
func (s *Segment) Close() error {
	var err error
	if s.mem != nil {
		err = os.NewSyscallError("munmap", unix.Munmap(s.mem))
		s.mem = nil
	}
	if closeErr := s.file.Close(); !errors.Is(closeErr, fs.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	return err
}

func (s *Segment) mapMemory(size int64) error {
	if size <= 0 || size != int64(int(size)) {
		return refuse(unix.EINVAL, "%s cannot have %d bytes", s.path, size)
	}
	return control(s.file, func(fd int) error {
		mem, err := unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return &fs.PathError{Op: "mmap", Path: s.path, Err: err}
		}
		s.mem = mem
		return nil
	})
}

// wakeAt wakes the sleepers of the word at an offset of the file, which may have
// become shorter than size. Errors are ignored: there is nothing else to try.
func (s *Segment) wakeAt(offset int64, size int) {
	control(s.file, func(fd int) error {
		unix.Ftruncate(fd, int64(size))
		page := offset &^ int64(os.Getpagesize()-1)
		mem, err := unix.Mmap(fd, page, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return err
		}
		FutexWake((*uint32)(unsafe.Pointer(&mem[offset-page])), math.MaxInt32)
		return unix.Munmap(mem)
	})
}
