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
// root, the group gid, mode 2770. A directory that is there is brought into
// that state. Only root may do so. A segment that is already in it keeps its
// group and mode.
func SetupGlobal(dir string, gid int) error {
	if os.Geteuid() != 0 {
		return refuse(fs.ErrPermission, "only root may set up %s: run \"sudo ipc setup global\"", dir)
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
	if err := errors.Join(unix.Fchownat(fd, "", 0, gid, unix.AT_EMPTY_PATH), chmodPath(fd, 0o2770)); err != nil {
		return &fs.PathError{Op: "set up", Path: dir, Err: err}
	}
	return nil
}
