//go:build linux

package linux

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// createSegment makes a segment and then gives it its name. It returns
// errChanged when another process was faster.
func (d *Dir) createSegment(size, reserve int64, init func(mem []byte) error) (_ *Segment, err error) {
	s := &Segment{path: d.segmentPath()}
	fd, temporary, err := d.createFile()
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: s.path, Err: err}
	}
	s.file = os.NewFile(uintptr(fd), s.path)
	defer func() {
		if err != nil {
			s.Close()
			if temporary != "" {
				unix.Unlinkat(d.fd, temporary, 0)
			}
		}
	}()
	if err := d.prepareFile(fd, size); err != nil {
		return nil, &fs.PathError{Op: "create", Path: s.path, Err: err}
	}
	if err := s.Reserve(0, reserve); err != nil {
		return nil, err
	}
	if err := s.mapMemory(size); err != nil {
		return nil, err
	}
	if err := init(s.mem); err != nil {
		return nil, err
	}
	if temporary, err = d.publish(fd, temporary); err != nil {
		return nil, err
	}
	if err := unix.Fstat(fd, &s.stat); err != nil {
		return nil, &fs.PathError{Op: "fstat", Path: s.path, Err: err}
	}
	return s, nil
}

// noTmpfile makes segments come into being under a temporary name, as where
// O_TMPFILE is missing. Tests set it.
var noTmpfile atomic.Bool

// createFile creates a file without a name or, where the file system cannot or
// /proc is missing, under the temporary name that it returns.
func (d *Dir) createFile() (fd int, temporary string, err error) {
	const flags = unix.O_RDWR | unix.O_CLOEXEC | unix.O_NOFOLLOW
	if !noTmpfile.Load() && unix.Access("/proc/self/fd", unix.F_OK) == nil {
		fd, err = ignoringEINTR(func() (int, error) {
			return unix.Openat(d.fd, ".", unix.O_RDWR|unix.O_CLOEXEC|unix.O_TMPFILE, d.segmentMode())
		})
		if err == nil || errors.Is(err, fs.ErrPermission) {
			return fd, "", err
		}
	}
	temporary = temporaryName(segmentName)
	fd, err = ignoringEINTR(func() (int, error) {
		return unix.Openat(d.fd, temporary, flags|unix.O_CREAT|unix.O_EXCL, d.segmentMode())
	})
	return fd, temporary, err
}

// prepareFile gives a new file its size, group and mode, whatever the umask.
func (d *Dir) prepareFile(fd int, size int64) error {
	if d.access.Group {
		if err := unix.Fchown(fd, -1, d.access.GID); err != nil {
			return os.NewSyscallError("fchown", err)
		}
	}
	if err := unix.Fchmod(fd, d.segmentMode()); err != nil {
		return os.NewSyscallError("fchmod", err)
	}
	_, err := ignoringEINTR(func() (int, error) { return 0, unix.Ftruncate(fd, size) })
	return os.NewSyscallError("ftruncate", err)
}

// publish gives the file the segment's name. It returns errChanged when that is
// taken, and with it the temporary name that remains to be removed.
//
// A rename, unlike a link and an unlink, never shows a file with two names,
// which openers would refuse.
func (d *Dir) publish(fd int, temporary string) (string, error) {
	var err error
	if temporary == "" {
		err = unix.Linkat(unix.AT_FDCWD, procPath(fd), d.fd, segmentName, unix.AT_SYMLINK_FOLLOW)
	} else {
		err = unix.Renameat2(d.fd, temporary, d.fd, segmentName, unix.RENAME_NOREPLACE)
	}
	switch {
	case err == nil:
		return "", nil
	case errors.Is(err, unix.EEXIST):
		return temporary, errChanged
	case temporary == "":
		// Some sandboxes forbid it. Start over with a temporary name.
		noTmpfile.Store(true)
		return "", errChanged
	default:
		return temporary, &fs.PathError{Op: "rename", Path: d.segmentPath(), Err: err}
	}
}
