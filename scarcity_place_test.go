//go:build linux

package ipc_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("no-shm", noShm)
	testproc.Register("shm-on-ramfs", shmOnRamfs)
	testproc.Register("read-only", readOnly)
	testproc.Register("no-proc", noProc)
}

// TestNoShm: without /dev/shm the user's own namespace is an error that names
// the way out, until there is one again. All others work meanwhile.
func TestNoShm(t *testing.T) { runApart(t, "no-shm", t.TempDir()) }

func noShm(c *testproc.Child) {
	mount(c, "tmpfs", "/dev", "size=10m") // hides it
	_, err := ipc.DefaultNamespace()
	wantError(c, "default", err, ipc.ErrNotExist, "open namespace", "/dev/shm", "create it")
	_, err = ipc.CreateEvent("e", nil)
	wantError(c, "create", err, ipc.ErrNotExist, "create event", "/dev/shm", "create it")
	_, err = ipc.CreateEvent(`Global\e`, nil)
	wantError(c, "create global", err, ipc.ErrNotExist, "ipc setup global")
	work(c, must(ipc.OpenNamespace(filepath.Join(c.Args[0], "ns"), nil))) // on a disk, perhaps

	wantNothing(c, "mkdir", os.Mkdir("/dev/shm", 0o755))
	work(c, must(ipc.DefaultNamespace()))
	must(ipc.CreateEvent("e", nil))
	c.Sayf("fine")
	c.Line()
}

// TestShmOnRamfs: a file system that cannot reserve space is refused, since it
// would end a process by a signal when it is full.
func TestShmOnRamfs(t *testing.T) { runApart(t, "shm-on-ramfs") }

func shmOnRamfs(c *testproc.Child) {
	mount(c, "ramfs", "/dev/shm", "")
	_, err := ipc.DefaultNamespace()
	wantError(c, "default", err, ipc.ErrUnsupported, "open namespace", "/dev/shm", "use a directory on tmpfs")
	files, err := filepath.Glob("/dev/shm/ipc-*/*")
	if wantNothing(c, "glob", err); len(files) != 0 {
		c.Fatalf("%v remains", files)
	}
	mount(c, "tmpfs", "/dev/shm", "size=1m")
	must(ipc.CreateEvent("e", nil))
	c.Sayf("fine")
	c.Line()
}

// TestReadOnly: a namespace that may not be written to cannot be used, and what
// says so says what to do.
func TestReadOnly(t *testing.T) { runApart(t, "read-only", t.TempDir()) }

func readOnly(c *testproc.Child) {
	writable, same := filepath.Join(c.Args[0], "writable"), filepath.Join(c.Args[0], "same")
	wantNothing(c, "mkdir", errors.Join(os.Mkdir(writable, 0o755), os.Mkdir(same, 0o755)))
	mount(c, "tmpfs", writable, "size=1m")
	n := must(ipc.OpenNamespace(filepath.Join(writable, "used"), nil))
	wantNothing(c, "mkdir", os.Mkdir(filepath.Join(writable, "empty"), 0o700))
	wantNothing(c, "mkdir", os.Mkdir(filepath.Join(writable, "closed"), 0o500))
	const bound = syscall.MS_BIND
	wantNothing(c, "bind", syscall.Mount(writable, same, "", bound, ""))
	wantNothing(c, "make read-only", syscall.Mount("", same, "", bound|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	for name, says := range map[string]string{
		"used": "mount it for writing", "empty": "mount it for writing", "missing": "mount it for writing", "closed": "is closed to its owner",
	} {
		dir := filepath.Join(same, name)
		_, err := ipc.OpenNamespace(dir, nil)
		wantError(c, name, err, ipc.ErrPermission, "open namespace", dir, says)
	}
	work(c, n) // those who may write go on
	c.Sayf("fine")
	c.Line()
}

// TestNoProc: a process that does not see /proc, and so cannot tell which boot
// this is, meets the others all the same, and takes nothing away from them.
func TestNoProc(t *testing.T) {
	n := ownNamespace(t)
	e := must(n.CreateEvent("e", nil))
	runApart(t, "no-proc", n.Dir())
	if !must(e.TryWait()) {
		t.Error("the signal did not come")
	}
	must(n.OpenEvent("e")).Close()
}

func noProc(c *testproc.Child) {
	mount(c, "tmpfs", "/proc", "")
	n := open(c)
	wantNothing(c, "set", must(n.OpenEvent("e")).Set())
	work(c, n)
	work(c, must(ipc.OpenNamespace(filepath.Join(c.Args[0], "new"), nil)))
	c.Sayf("fine")
	c.Line()
}
