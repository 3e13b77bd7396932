//go:build linux

package linux

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Duplicate makes a file of a duplicate of a descriptor, to be handed to a child.
// Unlike those of [os.File.Fd] and [net.UnixConn.File] it leaves the open file
// nonblocking, for whoever else uses it.
func Duplicate(raw syscall.RawConn, name string) (*os.File, error) {
	var fd int
	var err error
	if outer := raw.Control(func(old uintptr) {
		fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
	}); outer != nil {
		return nil, outer
	}
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// A FileID tells an open file from others, as long as somebody has it open.
type FileID struct {
	Dev uint64 `json:"dev"`
	Ino uint64 `json:"ino"`
}

// IDOf gives the identity of an open file, and its type (S_IFMT).
func IDOf(fd int) (FileID, uint32, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return FileID{}, 0, os.NewSyscallError("fstat", err)
	}
	return FileID{uint64(st.Dev), st.Ino}, st.Mode & unix.S_IFMT, nil
}

// Adopt makes a file of a descriptor that this process was started with. It must
// be the open file that id says, and of a type.
func Adopt(fd int, id FileID, kind uint32, name string) (*os.File, error) {
	got, is, err := IDOf(fd)
	switch {
	case err != nil:
		return nil, err
	case got != id || is != kind:
		return nil, fmt.Errorf("descriptor %d is %s, not what was handed over", fd, kindOf(is))
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
