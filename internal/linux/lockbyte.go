//go:build linux

package linux

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// LockByte proves that this process lives where a robust list cannot: it locks
// the byte at index of file for as long as file, and what was inherited from
// it, is open. The byte need not exist. It does not block.
//
// The lock belongs to the open file, not to the process, so closing another
// descriptor of the same file does not lose it, as it would with POSIX locks.
//
//   - an error that wraps EAGAIN: another open file has it.
func LockByte(file *os.File, index int64) error {
	lock := byteLock(index)
	err := control(file, func(fd int) error {
		return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lock)
	})
	if errors.Is(err, unix.EACCES) {
		err = unix.EAGAIN
	}
	if err != nil {
		return fmt.Errorf("lock byte %d of %s: %w", index, file.Name(), err)
	}
	return nil
}

// UnlockByte undoes [LockByte].
func UnlockByte(file *os.File, index int64) error {
	lock := byteLock(index)
	lock.Type = unix.F_UNLCK
	err := control(file, func(fd int) error {
		return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lock)
	})
	if err != nil {
		return fmt.Errorf("unlock byte %d of %s: %w", index, file.Name(), err)
	}
	return nil
}

// UnlockAll undoes every [LockByte] of an open file, in whatever processes it is
// open besides.
func UnlockAll(file *os.File) error {
	lock := unix.Flock_t{Type: unix.F_UNLCK, Whence: io.SeekStart}
	err := control(file, func(fd int) error {
		return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lock)
	})
	if err != nil {
		return fmt.Errorf("unlock %s: %w", file.Name(), err)
	}
	return nil
}

// ByteLocked reports whether another open file holds the lock on the byte at
// index: whether the process that took it by [LockByte] lives. A lock that was
// taken through file itself does not count.
func ByteLocked(file *os.File, index int64) (bool, error) {
	lock := byteLock(index)
	err := control(file, func(fd int) error {
		return unix.FcntlFlock(uintptr(fd), unix.F_OFD_GETLK, &lock)
	})
	if err != nil {
		return false, fmt.Errorf("look at the lock on byte %d of %s: %w", index, file.Name(), err)
	}
	return lock.Type != unix.F_UNLCK, nil
}

func byteLock(index int64) unix.Flock_t {
	return unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: index, Len: 1}
}

// control calls f with the descriptor of file, which stays open meanwhile.
func control(file *os.File, f func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
