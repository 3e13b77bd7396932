//go:build linux

package linux

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/winsys-go/ipc/internal/backend"
)

// segmentName is the segment's file in the directory of its namespace.
const segmentName = "segment"

// headSize is how much of a segment its check sees.
const headSize = 4096

// maxTries bounds how often OpenSegment starts over because the file changed
// under it. Each start means that another process made progress.
const maxTries = 1000

var errChanged = errors.New("the file was replaced meanwhile")

// A Segment is a file of shared memory, mapped.
type Segment struct {
	path string
	file *os.File
	mem  []byte
	stat unix.Stat_t // of file, when opened
}

// OpenSegment opens and maps the segment of the namespace, and creates it when
// there is none.
//
// A new segment is size zero bytes, of which the first reserve have memory
// behind them; init, which sees all of it, fills those. Only then it gets its
// name, in one step, so that nobody ever finds half a segment. Of several
// processes that create one at the same time all end up with the same.
//
// Of an existing one, check sees a copy of the first 4096 bytes. Its error is
// returned as it is, except [backend.ErrCorrupt] and [backend.ErrVersion], to which the
// way out is added, and [ErrStale], for which the segment is removed and a new one
// made. Only after that the size is looked at, so that another version of the format,
// with another size, is reported as such.
//
//   - [ErrDamaged]: the file has another size.
//   - [fs.ErrPermission]: what has the file's name, its owner, mode or links
//     are not in order. The text says what, and what to do.
//   - ENOSPC: the file system has no room for the first reserve bytes.
func (d *Dir) OpenSegment(size, reserve int64, init func(mem []byte) error, check func(head []byte) error) (*Segment, error) {
	for range maxTries {
		s, err := d.openExisting(size, check)
		if errors.Is(err, unix.ENOENT) {
			s, err = d.createSegment(size, reserve, init)
		}
		if !errors.Is(err, errChanged) {
			return s, err
		}
	}
	return nil, fmt.Errorf("%s: %w, %d times over", d.segmentPath(), errChanged, maxTries)
}

func (d *Dir) segmentPath() string { return filepath.Join(d.path, segmentName) }

// openExisting returns ENOENT when there is no segment, and errChanged when it
// had to be, or was, removed.
func (d *Dir) openExisting(size int64, check func(head []byte) error) (_ *Segment, err error) {
	s, err := d.openFile(segmentName)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.file.Close()
		}
	}()
	if err := d.verifyFile(s.path, &s.stat); err != nil {
		return nil, err
	}
	if err := d.checkHead(s, check); err != nil {
		if errors.Is(err, ErrStale) {
			return nil, d.removeStale(s)
		}
		return nil, err
	}
	if s.stat.Size != size {
		return nil, refuse(ErrDamaged, "%s is damaged: it has %d bytes instead of %d: %s",
			s.path, s.stat.Size, size, d.remove(endUsers))
	}
	if err := s.mapMemory(size); err != nil {
		return nil, err
	}
	return s, nil
}

// openFile opens what has a name, if that is a regular file: to open a device
// can do something by itself. O_NONBLOCK keeps what was put
// there after that look from blocking; it is taken away again, or the runtime
// would want to poll the file: see [readSmall].
func (d *Dir) openFile(name string) (*Segment, error) {
	s := &Segment{path: filepath.Join(d.path, name)}
	if unix.Fstatat(d.fd, name, &s.stat, unix.AT_SYMLINK_NOFOLLOW) == nil && s.stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, d.explainFile(name, fs.ErrPermission)
	}
	fd, err := ignoringEINTR(func() (int, error) {
		return unix.Openat(d.fd, name, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	})
	if err != nil {
		return nil, d.explainFile(name, err)
	}
	unix.SetNonblock(fd, false)
	s.file = os.NewFile(uintptr(fd), s.path)
	if err := unix.Fstat(fd, &s.stat); err != nil {
		s.file.Close()
		return nil, &fs.PathError{Op: "fstat", Path: s.path, Err: err}
	}
	return s, nil
}

func (d *Dir) explainFile(name string, err error) error {
	path := filepath.Join(d.path, name)
	var st unix.Stat_t
	switch {
	case errors.Is(err, unix.ENOENT):
	case unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil:
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return refuse(errors.Join(fs.ErrPermission, err), "%s is %s, not a regular file: %s", path, kindOf(st.Mode), d.remove(""))
	case errors.Is(err, fs.ErrPermission):
		return refuse(err, "%s is closed to user %d (owner %d, group %d, mode %04o): %s",
			path, d.uid, st.Uid, st.Gid, st.Mode&0o7777, d.chmodFile(path))
	}
	return &fs.PathError{Op: "open", Path: path, Err: err}
}

// verifyFile checks that an open file is a segment that only those whom the
// directory allows can have made or reached.
func (d *Dir) verifyFile(path string, st *unix.Stat_t) error {
	mode, want := st.Mode&0o7777, d.segmentMode()
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return refuse(fs.ErrPermission, "%s is %s, not a regular file: %s", path, kindOf(st.Mode), d.remove(""))
	case st.Nlink == 0:
		return errChanged
	case st.Nlink > 1:
		return refuse(fs.ErrPermission, "%s has %d hard links, so it can be reached from elsewhere: %s", path, st.Nlink, d.remove(""))
	case !d.access.Group && mode == groupMode:
		return refuse(fs.ErrPermission, "%s %s", path, shared(st.Gid))
	case !d.access.Group && int(st.Uid) != d.uid:
		return refuse(fs.ErrPermission, "%s belongs to user %d, not to user %d who would use it: %s", path, st.Uid, d.uid, d.remove(""))
	case d.access.Group && int(st.Gid) != d.access.GID:
		return refuse(fs.ErrPermission, "%s belongs to group %d, not to group %d: %s", path, st.Gid, d.access.GID, d.run(fmt.Sprintf("chgrp %d %s", d.access.GID, path)))
	case mode != want:
		return refuse(fs.ErrPermission, "%s has mode %04o instead of %04o: %s", path, mode, want, d.chmodFile(path))
	}
	return nil
}

// The modes of the files of a namespace.
const (
	userMode  = 0o600
	groupMode = 0o660
)

func (d *Dir) segmentMode() uint32 {
	if d.access.Group {
		return groupMode
	}
	return userMode
}

// chmodFile is the way out of a wrong mode of a file.
func (d *Dir) chmodFile(path string) string {
	return d.run(fmt.Sprintf("chmod %o %s", d.segmentMode(), path))
}

// checkHead shows check a copy: what it has found in order does not change
// under it, and a file that is cut short meanwhile gives an error, not a signal.
func (d *Dir) checkHead(s *Segment, check func(head []byte) error) error {
	head := make([]byte, headSize)
	n, err := s.file.ReadAt(head, 0)
	if err == io.EOF {
		return refuse(ErrDamaged, "%s is damaged: it has only %d bytes: %s", s.path, n, d.remove(endUsers))
	}
	if err != nil {
		return err
	}
	if err = check(head); errors.Is(err, backend.ErrCorrupt) || errors.Is(err, backend.ErrVersion) {
		return refuse(err, "%s: %v: %s", s.path, err, d.remove(endUsers))
	}
	return err
}

// removeStale takes away the name of a segment that nobody uses. A lock on the
// file lets one process at a time do so, and only while the name still leads to
// that file: the name of a newer segment is safe.
func (d *Dir) removeStale(s *Segment) error {
	if err := s.lockFile(); err != nil {
		return err
	}
	var now unix.Stat_t
	err := unix.Fstatat(d.fd, segmentName, &now, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && sameFile(&now, &s.stat) {
		err = unix.Unlinkat(d.fd, segmentName, 0)
	}
	if err != nil && err != unix.ENOENT {
		return &fs.PathError{Op: "remove stale", Path: s.path, Err: err}
	}
	return errChanged // closing the file ends the lock
}

func (s *Segment) lockFile() error {
	err := control(s.file, func(fd int) error {
		_, err := ignoringEINTR(func() (int, error) { return 0, unix.Flock(fd, unix.LOCK_EX) })
		return err
	})
	if err != nil {
		return &fs.PathError{Op: "flock", Path: s.path, Err: err}
	}
	return nil
}
