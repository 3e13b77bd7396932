//go:build linux

package linux

import (
	"fmt"
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// ignoringEINTR repeats a system call that a signal interrupted.
func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// temporaryName is a hidden name beside base that nobody else has.
func temporaryName(base string) string {
	return fmt.Sprintf(".%s.%016x", base, rand.Uint64())
}

// kindOf names the type of a file as a person would.
func kindOf(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "a regular file"
	case unix.S_IFDIR:
		return "a directory"
	case unix.S_IFLNK:
		return "a symbolic link"
	case unix.S_IFIFO:
		return "a FIFO"
	case unix.S_IFSOCK:
		return "a socket"
	default:
		return "a device"
	}
}

// sameFile reports whether two results of stat are of one file.
func sameFile(a, b *unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }
