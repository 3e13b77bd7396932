//go:build linux

package linux

import (
	"errors"
	"io/fs"
	"testing"

	"golang.org/x/sys/unix"
)

// Where there is no room, the text says for what directory, and who has to make it.
func TestExplainFull(t *testing.T) {
	for errno, says := range map[unix.Errno]string{
		unix.ENOSPC: "the file system of /run/x is full: free space on it or enlarge it (mount -o remount,size=…)",
		unix.EDQUOT: "the quota for /run/x is used up: free space there, or have it raised",
	} {
		at := &fs.PathError{Op: "create", Path: "/run/x/segment", Err: errno}
		reserving := (&Segment{path: at.Path}).explainReserve(errno)
		for _, err := range []error{explain(at), explain(reserving)} {
			if !errors.Is(err, errno) || err.Error() != says {
				t.Errorf("%v, want one that says %q", err, says)
			}
		}
	}
}
