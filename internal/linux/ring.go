//go:build linux

package linux

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/winsys-go/ipc/internal/backend"
)

// ringName is the file of the messages of mailslot number i.
func ringName(i uint32) string { return fmt.Sprintf("mailslot-%d", i) }

// A Ring is a file for the messages of one mailslot, mapped. It is in the
// directory of the namespace and has the mode of its segment.
type Ring struct {
	*Segment
	unguard func()
	tripped func() bool
}

// CreateRing makes the file of ring i, with so many bytes that are zero and have no
// memory yet, and maps it. A file that somebody has left under its name is removed, not
// emptied: its readers may have it mapped.
func (s *System) CreateRing(i uint32, size int64) (backend.RingFile, error) {
	r, err := s.dir.createRing(ringName(i), size)
	if err != nil {
		return nil, explain(err)
	}
	return newRing(r), nil
}

// OpenRing maps the file of ring i.
//
//   - [fs.ErrNotExist]: it was removed.
//   - [ErrDamaged], which is [backend.ErrCorrupt] here: it has another size.
//   - [fs.ErrPermission]: as for [Dir.OpenSegment].
func (s *System) OpenRing(i uint32, size int64) (backend.RingFile, error) {
	r, err := s.dir.openRing(ringName(i), size)
	if err != nil {
		return nil, explain(err)
	}
	return newRing(r), nil
}

// RemoveRing removes the file of ring i. Those that have it mapped keep it.
func (s *System) RemoveRing(i uint32) error {
	err := unix.Unlinkat(s.dir.fd, ringName(i), 0)
	if err != nil && err != unix.ENOENT {
		return &fs.PathError{Op: "remove", Path: filepath.Join(s.dir.path, ringName(i)), Err: err}
	}
	return nil
}

func newRing(s *Segment) *Ring {
	r := &Ring{Segment: s}
	// Without a guard a truncated file is a crash; everything else works.
	r.unguard, r.tripped, _ = Guard(s.mem)
	return r
}

func (d *Dir) createRing(name string, size int64) (_ *Segment, err error) {
	s := &Segment{path: filepath.Join(d.path, name)}
	if err := unix.Unlinkat(d.fd, name, 0); err != nil && err != unix.ENOENT {
		return nil, &fs.PathError{Op: "remove", Path: s.path, Err: err}
	}
	fd, err := ignoringEINTR(func() (int, error) {
		return unix.Openat(d.fd, name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, d.segmentMode())
	})
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: s.path, Err: err}
	}
	s.file = os.NewFile(uintptr(fd), s.path)
	if err = d.prepareFile(fd, size); err != nil {
		err = &fs.PathError{Op: "create", Path: s.path, Err: err}
	} else {
		err = s.mapMemory(size)
	}
	if err != nil {
		s.Close()
		unix.Unlinkat(d.fd, name, 0)
		return nil, err
	}
	return s, nil
}

func (d *Dir) openRing(name string, size int64) (*Segment, error) {
	s, err := d.openFile(name)
	if err != nil {
		return nil, err
	}
	if err = d.verifyFile(s.path, &s.stat); errors.Is(err, errChanged) {
		err = &fs.PathError{Op: "open", Path: s.path, Err: fs.ErrNotExist}
	}
	if err == nil && s.stat.Size != size {
		err = refuse(errors.Join(ErrDamaged, backend.ErrCorrupt), "%s is damaged: it has %d bytes instead of %d; end the programs that use it", s.path, s.stat.Size, size)
	}
	if err == nil {
		err = s.mapMemory(size)
	}
	if err != nil {
		s.file.Close()
		return nil, err
	}
	return s, nil
}

// Release takes the memory behind a range away, which then reads as zeros and
// must be reserved again before it is touched.
func (r *Ring) Release(offset, length int64) error {
	return control(r.file, func(fd int) error {
		_, err := ignoringEINTR(func() (int, error) {
			return 0, unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, offset, length)
		})
		return os.NewSyscallError("fallocate", err)
	})
}

// Damaged reports whether memory of the ring was taken away by a truncation.
func (r *Ring) Damaged() bool { return r.tripped() }

// Close unmaps the ring and closes its file.
func (r *Ring) Close() error {
	r.unguard()
	return r.Segment.Close()
}
