//go:build linux

package linux

import (
	"fmt"
	"io/fs"
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

// readSmall reads a file of a few bytes. Unlike [os.ReadFile] it needs no more
// than one descriptor: the first file that package os opens makes the runtime
// set up its poller, which ends the program when descriptors are short.
func readSmall(path string) (string, error) { return readSmallAt(unix.AT_FDCWD, path) }

// readSmallAt is readSmall with a path that begins in an open directory.
func readSmallAt(dir int, path string) (string, error) {
	fd, err := ignoringEINTR(func() (int, error) { return unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var text [512]byte
	n, err := ignoringEINTR(func() (int, error) { return unix.Read(fd, text[:]) })
	if err != nil {
		return "", &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return string(text[:n]), nil
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
