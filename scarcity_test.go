//go:build linux

package ipc_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// What the tests of scarcity share: children that can take things away from
// themselves and from nobody else, and a look at the errors.

// A failer is a test or a child.
type failer interface {
	Fatalf(format string, args ...any)
}

// wantError checks an error: its sentinel, that it is an *Error that names the
// operation, and that its text has what a person needs.
func wantError(f failer, what string, err, want error, says ...string) {
	var e *ipc.Error
	if !errors.Is(err, want) || !errors.As(err, &e) || e.Op == "" {
		f.Fatalf("%s: got %v, want %v", what, err, want)
	}
	if e.Name != "" {
		says = append(says, strconv.Quote(e.Name))
	}
	for _, s := range append(says, e.Op) {
		if !strings.Contains(err.Error(), s) {
			f.Fatalf("%s: %q does not say %q", what, err, s)
		}
	}
}

// wantNothing checks that no error came.
func wantNothing(f failer, what string, err error) {
	if err != nil {
		f.Fatalf("%s: %v", what, err)
	}
}

// wantFull checks that an error says where there is no room, and says it once.
func wantFull(f failer, what string, err error, dir string, says ...string) {
	wantError(f, what, err, ipc.ErrNoSpace, append(says, ": no space left in the namespace: the file system of "+dir+" is full: free space")...)
	text := err.Error()
	for _, once := range []string{"no space", "is full", "free"} {
		if strings.Count(text, once) != 1 {
			f.Fatalf("%s: %q says %q more than once", what, text, once)
		}
	}
}

// startApart starts a child whose mounts nobody else sees.
func startApart(t *testing.T, name string, args ...string) *testproc.Proc {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounts a file system of its own: needs root")
	}
	if err := tryUnshare(); err != nil {
		t.Skipf("mounts a file system of its own: not allowed here: %v", err)
	}
	return testproc.StartWith(t, func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}, name, args...)
}

// tryUnshare finds out whether a process may have mounts of its own, on a
// thread that ends at once. Where the root is no mount, as after chroot, what is
// mounted cannot be kept from others.
func tryUnshare() error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := syscall.Unshare(syscall.CLONE_NEWNS)
		if err == nil {
			err = syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
		}
		result <- err
	}()
	return <-result
}

// runApart runs a child in mounts of its own, which says when all was well.
func runApart(t *testing.T, name string, args ...string) {
	t.Helper()
	p := startApart(t, name, args...)
	p.Expect("fine")
	p.Exit()
}

// mount mounts a file system of the child's own.
func mount(c *testproc.Child, kind, dir, options string) {
	if err := syscall.Mount("none", dir, kind, 0, options); err != nil {
		c.Fatalf("mount %s on %s: %v", kind, dir, err)
	}
}

// A disk is a small tmpfs of a child, and a file that takes what is left of it.
type disk struct {
	c       *testproc.Child
	ballast *os.File
	size    int64
}

const diskPage = 4096

// newDisk mounts a disk.
func newDisk(c *testproc.Child, dir, options string) *disk {
	mount(c, "tmpfs", dir, options)
	return &disk{c: c, ballast: must(os.Create(filepath.Join(dir, "ballast")))}
}

// fill leaves no room.
func (d *disk) fill() {
	page := make([]byte, diskPage)
	for {
		n, err := d.ballast.WriteAt(page, d.size)
		d.size += int64(n)
		if errors.Is(err, syscall.ENOSPC) {
			return
		}
		wantNothing(d.c, "fill the disk", err)
	}
}

// free makes so many pages of room, at most all.
func (d *disk) free(pages int64) {
	d.size = max(d.size-pages*diskPage, 0)
	wantNothing(d.c, "free", d.ballast.Truncate(d.size))
}
