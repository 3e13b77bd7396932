//go:build linux

package linux

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// GlobalDir is the namespace that a group of users shares. An administrator
// makes it, see [SetupGlobal]; nothing else does.
var GlobalDir = "/dev/shm/ipc-global"

// UserDir is the namespace of the effective user. It does not depend on the
// environment, so that a shell, cron and a service of one user agree on it.
func UserDir() string { return "/dev/shm/ipc-" + strconv.Itoa(os.Geteuid()) }

// An Access says who may use a namespace. Who may use it may also damage it:
// the directory is the boundary. The zero value means the effective user and
// nobody else.
type Access struct {
	// Group opens the namespace to a group.
	Group bool
	// GID is that group. A negative one stands for whatever group the directory
	// has, which then must belong to root.
	GID int
}

// A Dir is the directory of a namespace, open and found to be in order.
type Dir struct {
	path   string // absolute
	fd     int    // O_PATH
	access Access // GID resolved
	uid    int
}

// OpenDir opens the directory of a namespace and makes sure that only those
// that a allows can reach it: one user's directory has mode 0700 and belongs to
// the effective user; a group's has mode 0770, or 2770, belongs to the group,
// and has no access control list. Its parent, unless it is sticky as /dev/shm
// is, must not be writable by all. Symbolic links are refused in the place of
// the directory itself.
//
// When the directory is missing and create is set, OpenDir makes it;
// never [GlobalDir].
//
//   - [fs.ErrNotExist]: it is missing.
//   - [fs.ErrPermission]: it is open to others, or not to the caller. The text
//     says which and what to do.
func OpenDir(path string, a Access, create bool) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	parent, err := openParent(path)
	if err != nil {
		return nil, err
	}
	defer unix.Close(parent)
	fd, err := openDirAt(parent, path)
	if errors.Is(err, unix.ENOENT) && create && path != GlobalDir {
		if err := makeDir(parent, path, a); err != nil {
			return nil, err
		}
		fd, err = openDirAt(parent, path)
	}
	if err != nil {
		return nil, explainDir(parent, path, err)
	}
	d := &Dir{path: path, fd: fd, access: a, uid: os.Geteuid()}
	if err := d.verify(); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return d, nil
}

// Path returns the directory's absolute path.
func (d *Dir) Path() string { return d.path }

// Access returns who may use the directory, the group as it was found.
func (d *Dir) Access() Access { return d.access }

// Close closes the directory. Segments opened through it stay open.
func (d *Dir) Close() error {
	if d.fd < 0 {
		return nil
	}
	fd := d.fd
	d.fd = -1
	return os.NewSyscallError("close", unix.Close(fd))
}

// openParent opens the directory above path. Symbolic links on the way are
// fine: /dev/shm is one on some systems.
func openParent(path string) (int, error) {
	parent := filepath.Dir(path)
	fd, err := ignoringEINTR(func() (int, error) {
		return unix.Open(parent, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	switch {
	case errors.Is(err, unix.ENOENT):
		return -1, refuse(err, "%s, which %s would be in, does not exist: create it, best as a tmpfs, or choose another directory", parent, path)
	case err != nil:
		return -1, &fs.PathError{Op: "open", Path: parent, Err: err}
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return -1, &fs.PathError{Op: "fstat", Path: parent, Err: err}
	}
	if st.Mode&0o002 != 0 && st.Mode&unix.S_ISVTX == 0 {
		unix.Close(fd)
		return -1, refuse(fs.ErrPermission, "%s is writable by all and not sticky (mode %04o), so anybody could replace %s: %s",
			parent, st.Mode&0o7777, path, elsewhere(path, parent))
	}
	return fd, nil
}

func openDirAt(parent int, path string) (int, error) {
	return ignoringEINTR(func() (int, error) {
		return unix.Openat(parent, filepath.Base(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
}

// explainDir turns the error of an open into one that says what to do.
func explainDir(parent int, path string, err error) error {
	var st unix.Stat_t
	statErr := unix.Fstatat(parent, filepath.Base(path), &st, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, unix.ENOENT) && path == GlobalDir:
		return refuse(err, "%s does not exist: an administrator creates it with \"ipc setup global\"", path)
	case errors.Is(err, unix.ENOENT):
		return refuse(err, "%s does not exist", path)
	case statErr == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return refuse(errors.Join(fs.ErrPermission, err), "%s is %s, not a directory: %s", path, kindOf(st.Mode), inPlaceOf(path))
	default:
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
}

// verify checks what the open descriptor leads to, and resolves a group that
// was left to the directory.
func (d *Dir) verify() error {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return &fs.PathError{Op: "fstat", Path: d.path, Err: err}
	}
	if d.access.Group {
		return d.verifyGroup(&st)
	}
	mode := st.Mode & 0o777
	switch {
	case d.isShared(&st):
		return refuse(fs.ErrPermission, "%s %s", d.path, shared(st.Gid))
	case int(st.Uid) != d.uid:
		return refuse(fs.ErrPermission, "%s belongs to user %d, not to user %d who would use it: %s",
			d.path, st.Uid, d.uid, inPlaceOf(d.path))
	case mode&0o077 != 0:
		return refuse(fs.ErrPermission, "%s is open to others (mode %04o, not 0700): %s", d.path, mode, d.run("chmod 700 "+d.path))
	case mode != 0o700:
		return d.openToOwner(mode)
	}
	return nil
}

// openToOwner mends what a creator with an unusual umask has left: the owner
// may have it all. A directory with files of others in it is left alone; one
// that cannot be looked into, since it is closed, most likely has none.
func (d *Dir) openToOwner(mode uint32) error {
	err := error(fs.ErrPermission)
	if mode&0o400 == 0 || ownPlace(d.path) || d.files() != otherFiles {
		chmod := chmodPath(d.fd, 0o700)
		if chmod == nil {
			return nil
		}
		err = errors.Join(err, chmod)
	}
	return refuse(err, "%s is closed to its owner (mode %04o, not 0700): %s", d.path, mode, d.run("chmod 700 "+d.path))
}

func (d *Dir) verifyGroup(st *unix.Stat_t) error {
	mode := st.Mode & 0o777
	if d.access.GID < 0 {
		if st.Uid != 0 {
			return refuse(fs.ErrPermission, "%s belongs to user %d, not to root, so its group cannot be trusted: an administrator removes it and runs \"ipc setup global\"",
				d.path, st.Uid)
		}
		d.access.GID = int(st.Gid)
	}
	switch {
	case int(st.Gid) != d.access.GID:
		return refuse(fs.ErrPermission, "%s belongs to group %d, not to group %d: open it for that group, or give another directory",
			d.path, st.Gid, d.access.GID)
	case mode&0o007 != 0:
		return refuse(fs.ErrPermission, "%s is open to others (mode %04o, not 2770): %s", d.path, st.Mode&0o7777, d.run("chmod 2770 "+d.path))
	case mode != 0o770:
		return refuse(fs.ErrPermission, "%s is closed to its group (mode %04o, not 2770): %s", d.path, st.Mode&0o7777, d.run("chmod 2770 "+d.path))
	case hasACL(d.fd):
		return refuse(fs.ErrPermission, "%s has an access control list, which may let in more than its group: %s", d.path, d.run("setfacl -b "+d.path))
	case unix.Faccessat(unix.AT_FDCWD, procPath(d.fd), unix.R_OK|unix.W_OK|unix.X_OK, unix.AT_EACCESS) == unix.EACCES:
		return refuse(fs.ErrPermission, "%s is for group %d, which user %d is not in: an administrator adds the user, who then logs in again",
			d.path, d.access.GID, d.uid)
	}
	return nil
}

// hasACL reports whether a directory has an access control list. Its mode then
// does not tell who may enter; without rights for the group in the mode, nobody
// may by the list.
func hasACL(fd int) bool {
	_, err := unix.Getxattr(procPath(fd), "system.posix_acl_access", nil)
	return err == nil
}

// makeDir creates the directory. That another process is faster is fine.
func makeDir(parent int, path string, a Access) error {
	var err error
	if a.Group {
		err = makeGroupDir(parent, filepath.Base(path), a.GID)
	} else {
		err = unix.Mkdirat(parent, filepath.Base(path), 0o700)
	}
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return &fs.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return nil
}

// makeGroupDir gives the directory its group and mode before its name, so that
// nobody finds it half made.
func makeGroupDir(parent int, base string, gid int) (err error) {
	if gid < 0 {
		return errors.New("no group was named for the new directory")
	}
	temporary := temporaryName(base)
	if err := unix.Mkdirat(parent, temporary, 0o700); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			unix.Unlinkat(parent, temporary, unix.AT_REMOVEDIR)
		}
	}()
	fd, err := openDirAt(parent, temporary)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := groupDirMode(fd, gid); err != nil {
		return err
	}
	return unix.Renameat2(parent, temporary, parent, base, unix.RENAME_NOREPLACE)
}

// groupDirMode hands an open directory to a group.
func groupDirMode(fd, gid int) error {
	if err := unix.Fchownat(fd, "", -1, gid, unix.AT_EMPTY_PATH); err != nil {
		return fmt.Errorf("chgrp %d: %w", gid, err)
	}
	return chmodPath(fd, 0o2770)
}

// chmodPath sets the mode of an O_PATH descriptor, which fchmod refuses.
func chmodPath(fd int, mode uint32) error {
	return os.NewSyscallError("chmod", unix.Chmod(procPath(fd), mode))
}

func procPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
