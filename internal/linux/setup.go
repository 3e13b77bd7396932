//go:build linux

package linux

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// SetupGlobal provisions a directory (normally [GlobalDir]) for a group: owner
// root, the group gid, mode 2770. A directory of root's that is there is brought
// into that state. Only root may do so. A segment that is already in it keeps
// its group and mode.
//
// A directory that somebody else has made in this place is refused, since its
// maker may have files in it that are open, and may have let others in by an
// access control list, which chown and chmod keep.
func SetupGlobal(dir string, gid int) error {
	if os.Geteuid() != 0 {
		return refuse(fs.ErrPermission, "only root may set up %s: run \"sudo ipc setup global --group NAME\"", dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	parent, err := openParent(dir)
	if err != nil {
		return err
	}
	defer unix.Close(parent)
	if err := makeDir(parent, dir, Access{Group: true, GID: gid}); err != nil {
		return err
	}
	fd, err := openDirAt(parent, dir)
	if err != nil {
		return explainDir(parent, dir, err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return &fs.PathError{Op: "fstat", Path: dir, Err: err}
	}
	if st.Uid != 0 {
		return refuse(fs.ErrPermission, "%s belongs to user %d, not to root: remove it and run \"ipc setup global\" again", dir, st.Uid)
	}
	if err := errors.Join(unix.Fchownat(fd, "", 0, gid, unix.AT_EMPTY_PATH), chmodPath(fd, 0o2770)); err != nil {
		return &fs.PathError{Op: "set up", Path: dir, Err: err}
	}
	return nil
}
