//go:build linux

package linux

import (
	"fmt"
	"os/user"
	"regexp"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// What an error tells people to do. They may have named any directory: nobody
// must be told to change or to remove what is not a namespace's.

// The files of a pipe in the directory of a namespace begin with these.
const (
	SocketPrefix = "pipe."
	CardPrefix   = "card."
	RoomPrefix   = "wait."
)

// ownNames matches what the files of a namespace are called.
var ownNames = regexp.MustCompile(`^(segment|\.segment\.[0-9a-f]{16}|mailslot-[0-9]+|(pipe|card|wait)\..+)$`)

// anotherDir is the way out where a directory is not a namespace's, or not
// only that.
const anotherDir = "a namespace is a directory of its own, with no other files in it: give another, best one that does not exist yet"

// ownPlace reports whether nothing but a namespace belongs at a path.
func ownPlace(path string) bool { return path == UserDir() || path == GlobalDir }

// files are what a look into a directory has found.
type files int

const (
	otherFiles files = iota // some are not a namespace's, or nobody could look
	noFiles
	ownFiles
)

func (d *Dir) files() files {
	names, err := d.List()
	switch {
	case err != nil || slices.ContainsFunc(names, func(n string) bool { return !ownNames.MatchString(n) }):
		return otherFiles
	case len(names) == 0:
		return noFiles
	}
	return ownFiles
}

// mayMend reports whether the directory and its files are the program's own, for
// people to change.
func (d *Dir) mayMend() bool { return ownPlace(d.path) || d.files() == ownFiles }

// run is the way out of a wrong mode or the like: a command, if the directory is
// a namespace's.
func (d *Dir) run(command string) string {
	if d.mayMend() {
		return "run " + command
	}
	return anotherDir
}

// isShared reports whether a directory that somebody would use alone is a group's
// namespace, of which a chmod would rob the group.
func (d *Dir) isShared(st *unix.Stat_t) bool {
	mode := st.Mode & 0o7777
	if mode&0o777 != 0o770 || d.path == UserDir() || d.files() == otherFiles {
		return false
	}
	var segment unix.Stat_t
	err := unix.Fstatat(d.fd, segmentName, &segment, unix.AT_SYMLINK_NOFOLLOW)
	return mode == 0o2770 || err == nil && segment.Mode&0o7777 == groupMode
}

// shared says that something is a group's, and the way in, for those who use the
// command and for those who write programs.
func shared(gid uint32) string {
	group := groupName(gid)
	return fmt.Sprintf("is shared with group %s: open it with that group (--group %s, NamespaceOptions.Group)", group, group)
}

// groupName is the name of a group, or its number if it has none.
func groupName(gid uint32) string {
	number := strconv.FormatUint(uint64(gid), 10)
	if g, err := user.LookupGroupId(number); err == nil {
		return g.Name
	}
	return number
}

const endUsers = "end the programs that use it and "

// remove is the way out where a file with the name of a namespace's is not as
// one of those. Only people know whether it is somebody's. first is what to do
// before.
func (d *Dir) remove(first string) string {
	switch {
	case ownPlace(d.path):
		return first + "remove it"
	case d.mayMend():
		return "give another directory or, if nobody needs it, " + first + "remove it"
	}
	return anotherDir
}

// inPlaceOf is the way out where something else is in the place of a namespace's
// directory.
func inPlaceOf(path string) string {
	if ownPlace(path) {
		return "remove it"
	}
	return "give another directory, best one that does not exist yet"
}

// elsewhere is the way out where anybody can replace a directory, since all may
// write to its parent. That is seldom the caller's to change.
func elsewhere(path, parent string) string {
	if ownPlace(path) {
		return "an administrator runs chmod +t " + parent
	}
	return "give one whose parent is sticky, or not writable by all"
}
