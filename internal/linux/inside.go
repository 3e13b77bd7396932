//go:build linux

package linux

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// The files beside the segment: what the pipes of a namespace need of its
// directory. All of them are reached through the directory's descriptor, so
// that what was verified is what is used.

// OpenFile opens a regular file of the directory for reading and writing, and
// with create makes it, with the owner's or the group's mode, when it is
// missing. Symbolic links and everything else that is not a regular file are
// refused, with a text that says so.
func (d *Dir) OpenFile(name string, create bool) (*os.File, error) {
	path := filepath.Join(d.path, name)
	const flags = unix.O_RDWR | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY
	fd, err := ignoringEINTR(func() (int, error) { return unix.Openat(d.fd, name, flags, 0) })
	made := false
	if errors.Is(err, unix.ENOENT) && create {
		fd, err = ignoringEINTR(func() (int, error) {
			return unix.Openat(d.fd, name, flags|unix.O_CREAT|unix.O_EXCL, d.segmentMode())
		})
		made = err == nil
	}
	if err != nil {
		return nil, d.explainName(name, err)
	}
	unix.SetNonblock(fd, false) // or the runtime would want to poll it
	f := os.NewFile(uintptr(fd), path)
	if made {
		err = d.prepareFile(fd, 0)
	} else {
		err = d.verifyPlain(fd, path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// verifyPlain is verifyFile for a file that may lose its name meanwhile.
func (d *Dir) verifyPlain(fd int, path string) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return &fs.PathError{Op: "fstat", Path: path, Err: err}
	}
	if err := d.verifyFile(path, &st); err != nil && !errors.Is(err, errChanged) {
		return err
	}
	return nil
}

// explainName says what stands in the way of an open.
func (d *Dir) explainName(name string, err error) error {
	path := filepath.Join(d.path, name)
	kind, kindErr := d.Kind(name)
	if kindErr == nil && kind&unix.S_IFMT != unix.S_IFREG {
		return refuse(errors.Join(fs.ErrPermission, err), "%s is %s, not a regular file: %s", path, kindOf(kind), d.remove(""))
	}
	return explain(&fs.PathError{Op: "open", Path: path, Err: err})
}

// Kind gives the mode of what has that name, without following a symbolic
// link.
func (d *Dir) Kind(name string) (mode uint32, err error) {
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return 0, &fs.PathError{Op: "stat", Path: filepath.Join(d.path, name), Err: err}
	}
	return st.Mode, nil
}

// IsSocket reports whether a mode is that of a socket, KindName what a person
// calls it.
func IsSocket(mode uint32) bool   { return mode&unix.S_IFMT == unix.S_IFSOCK }
func KindName(mode uint32) string { return kindOf(mode) }

// Names reports whether name still leads to file.
func (d *Dir) Names(name string, file *os.File) bool {
	var there, here unix.Stat_t
	if unix.Fstatat(d.fd, name, &there, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return false
	}
	err := control(file, func(fd int) error { return unix.Fstat(fd, &here) })
	return err == nil && sameFile(&there, &here)
}

// Deleted reports whether the directory was removed, so that others who open
// its path find another.
func (d *Dir) Deleted() bool {
	var st unix.Stat_t
	return unix.Fstat(d.fd, &st) == nil && st.Nlink == 0
}

// Remove removes a file of the directory; that it is missing is fine.
func (d *Dir) Remove(name string) error {
	err := unix.Unlinkat(d.fd, name, 0)
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return &fs.PathError{Op: "remove", Path: filepath.Join(d.path, name), Err: err}
	}
	return nil
}

// Grant gives a new file of the directory, whatever it is, the mode and the
// group of a segment.
func (d *Dir) Grant(name string) error {
	if d.access.Group {
		if err := unix.Fchownat(d.fd, name, -1, d.access.GID, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return &fs.PathError{Op: "chgrp", Path: filepath.Join(d.path, name), Err: err}
		}
	}
	if err := unix.Fchmodat(d.fd, name, d.segmentMode(), 0); err != nil {
		return &fs.PathError{Op: "chmod", Path: filepath.Join(d.path, name), Err: err}
	}
	return nil
}

// List gives the names in the directory.
func (d *Dir) List() ([]string, error) {
	f, err := d.reopen()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// reopen opens the directory for more than O_PATH is good for.
func (d *Dir) reopen() (*os.File, error) {
	fd, err := ignoringEINTR(func() (int, error) {
		return unix.Openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, explain(&fs.PathError{Op: "open", Path: d.path, Err: err})
	}
	return os.NewFile(uintptr(fd), d.path), nil
}

// longestPath is the room for a path in the address of a socket.
const longestPath = 107

// SocketPath is a path of a file in the directory that fits into the address
// of a socket, however long the directory's own is. It leads to the directory
// that was verified, and is good while d is open.
func (d *Dir) SocketPath(name string) (string, error) {
	path := "/proc/self/fd/" + strconv.Itoa(d.fd) + "/" + name
	if unix.Faccessat(unix.AT_FDCWD, procPath(d.fd), unix.F_OK, 0) != nil {
		path = filepath.Join(d.path, name)
	}
	if len(path) > longestPath {
		return "", refuse(fs.ErrInvalid, "%s is too long for the address of a socket (%d bytes, at most %d) and /proc is not mounted: mount it or use a shorter directory",
			path, len(path), longestPath)
	}
	return path, nil
}

// ErrHeld says that somebody held a lock for longer than anybody should.
var ErrHeld = errors.New("held by a process that does not move")

// Lock takes the directory's own lock (flock), which orders those who make and
// remove files in it. It is held for microseconds, so that a holder who keeps
// it longer than patience is stopped or in a debugger.
//
//   - [ErrHeld]: nothing was locked.
func (d *Dir) Lock(patience time.Duration) (unlock func(), err error) {
	f, err := d.reopen()
	if err != nil {
		return nil, err
	}
	give := time.Now().Add(patience)
	for pause := 100 * time.Microsecond; ; pause = min(2*pause, 20*time.Millisecond) {
		err = control(f, func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			break
		}
		if time.Now().After(give) {
			err = ErrHeld
			break
		}
		time.Sleep(pause)
	}
	f.Close()
	return nil, fmt.Errorf("the lock of %s: %w", d.path, err)
}

// Arrived gives how many bytes have arrived on a socket and were not read.
func Arrived(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.TIOCINQ) }
