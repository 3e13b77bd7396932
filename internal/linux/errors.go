//go:build linux

package linux

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

var (
	// ErrDamaged says that a segment's file is not what its creator made.
	ErrDamaged = errors.New("segment is damaged")

	// ErrStale is what a check returns for a segment from an earlier boot, which
	// nobody can be using.
	ErrStale = errors.New("segment is from an earlier boot")
)

// A refusal is a sentence for people around an error for programs. The
// sentence says it all, so the error's own text is not appended.
type refusal struct {
	text string
	err  error
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.err }

// refuse makes an error that is err and reads as the sentence.
func refuse(err error, format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...), err}
}

func isFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// full is the error for a directory that has no room for more.
func full(dir string, err error) error {
	if errors.Is(err, unix.EDQUOT) {
		return refuse(err, "the quota for %s is used up: free space there, or have it raised", dir)
	}
	return refuse(err, "the file system of %s is full: free space on it or enlarge it (mount -o remount,size=…)", dir)
}

// Explain adds the way out to an error of the system that did not come from this
// package; nil stays nil.
func Explain(err error) error { return explain(err) }

// explain adds the way out to an error that any step may meet, unless its text
// has one already.
func explain(err error) error {
	var said *refusal
	var at *fs.PathError
	switch {
	case errors.As(err, &said):
		return err
	case isFull(err) && errors.As(err, &at):
		return full(filepath.Dir(at.Path), err)
	case isFull(err):
		return refuse(err, "%v: free space on the file system or enlarge it", err)
	case errors.Is(err, unix.EROFS):
		return refuse(errors.Join(fs.ErrPermission, err), "%v: give another directory, or mount it for writing", err)
	case errors.Is(err, unix.EMFILE):
		return refuse(err, "%v: close files that this process does not need, or let it have more (ulimit -n)", err)
	case errors.Is(err, unix.ENFILE):
		return refuse(err, "%v: let the machine have more (sysctl fs.file-max)", err)
	case errors.Is(err, unix.EFBIG):
		return refuse(err, "%v: let this process have larger files (ulimit -f)", err)
	case errors.Is(err, unix.ENOMEM):
		return refuse(err, "%v: free memory, or let this process have more address space (ulimit -v)", err)
	}
	return err
}
