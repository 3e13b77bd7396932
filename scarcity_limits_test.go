//go:build linux

package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/shm"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("few-descriptors", fewDescriptors)
	testproc.Register("no-descriptors", noDescriptors)
	testproc.Register("little-address-space", littleAddressSpace)
	testproc.Register("small-files", smallFiles)
}

// runIn runs a child in a directory for namespaces, which says when all was
// well.
func runIn(t *testing.T, name string) {
	t.Helper()
	p := testproc.Start(t, name, hostileDir(t))
	p.Expect("fine")
	p.Exit()
}

// TestFewDescriptors: a process that may have no more files is told so, and
// loses none by trying.
func TestFewDescriptors(t *testing.T) {
	dir := hostileDir(t)
	must(ipc.OpenNamespace(filepath.Join(dir, "existing"), nil)).Close()
	segment := filepath.Join(dir, "existing", "segment")
	before := must(os.Lstat(segment))
	p := testproc.Start(t, "few-descriptors", dir)
	p.Expect("fine")
	p.Exit()
	wantSame(t, segment, before) // and not taken for one of an earlier boot
}

// TestNoDescriptors: what is open needs no more files.
func TestNoDescriptors(t *testing.T) { runIn(t, "no-descriptors") }

// TestLittleAddressSpace: a segment that cannot be mapped is ErrNoSpace.
func TestLittleAddressSpace(t *testing.T) { runIn(t, "little-address-space") }

// TestSmallFiles: so is one that would be too large a file for this process.
func TestSmallFiles(t *testing.T) { runIn(t, "small-files") }

// limit sets a limit of this process.
func limit(c *testproc.Child, resource int, value uint64) {
	var r syscall.Rlimit
	wantNothing(c, "getrlimit", syscall.Getrlimit(resource, &r))
	r.Cur = min(value, r.Max)
	wantNothing(c, "setrlimit", syscall.Setrlimit(resource, &r))
}

// takeDescriptors opens files until no more can be had.
func takeDescriptors(c *testproc.Child) (taken []int) {
	for {
		fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err == syscall.EMFILE {
			return taken
		}
		wantNothing(c, "open /dev/null", err)
		taken = append(taken, fd)
	}
}

func giveDescriptors(fds []int) {
	for _, fd := range fds {
		syscall.Close(fd)
	}
}

// fewDescriptors tries with none left, with one, and so on. The runtime's poller
// takes descriptors of its own with the first timer or pipe, and ends the
// program when it gets none: none of this must bring that about.
func fewDescriptors(c *testproc.Child) {
	limit(c, syscall.RLIMIT_NOFILE, 64)
	existing, missing := filepath.Join(c.Args[0], "existing"), filepath.Join(c.Args[0], "missing")
	for _, try := range []struct {
		op, name string
		open     func() (interface{ Close() error }, error)
	}{
		{"open namespace", existing, func() (interface{ Close() error }, error) { return ipc.OpenNamespace(existing, nil) }},
		{"open namespace", missing, func() (interface{ Close() error }, error) { return ipc.OpenNamespace(missing, nil) }},
		{"open process", strconv.Itoa(os.Getppid()), func() (interface{ Close() error }, error) { return ipc.OpenProcess(os.Getppid()) }},
	} {
		taken := takeDescriptors(c)
		for free := 0; ; free++ {
			opened, err := try.open()
			if err == nil {
				wantNothing(c, "close", opened.Close())
				break
			}
			wantError(c, fmt.Sprintf("with %d descriptors", free), err, syscall.EMFILE, try.op, try.name)
			if !strings.Contains(err.Error(), "ulimit -n") {
				c.Fatalf("%q does not say the way out", err)
			}
			left := takeDescriptors(c)
			if len(left) != free {
				c.Fatalf("%s: of %d descriptors %d are left", try.op, free, len(left))
			}
			giveDescriptors(left)
			last := len(taken) - 1
			giveDescriptors(taken[last:])
			taken = taken[:last]
		}
		giveDescriptors(taken)
	}
	if files := must(os.ReadDir(missing)); len(files) != 1 || files[0].Name() != "segment" {
		c.Fatalf("files are left: %v", files)
	}
	c.Sayf("fine")
	c.Line()
}

// startPoller lets the runtime's poller have its descriptors while there are
// some. Deadlines and handles of processes need it.
func startPoller(c *testproc.Child) {
	r, w, err := os.Pipe()
	wantNothing(c, "pipe", errors.Join(err, r.Close(), w.Close()))
}

// noDescriptors works in a namespace that was open before.
func noDescriptors(c *testproc.Child) {
	n := open(c)
	limit(c, syscall.RLIMIT_NOFILE, 64)
	startPoller(c)
	taken := takeDescriptors(c)
	work(c, n)
	_, err := ipc.OpenNamespace(c.Args[0], nil)
	wantError(c, "open", err, syscall.EMFILE, "open namespace")
	giveDescriptors(taken)
	work(c, must(ipc.OpenNamespace(c.Args[0], nil)))
	c.Sayf("fine")
	c.Line()
}

// work uses everything that a namespace has.
func work(c *testproc.Child, n *ipc.Namespace) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	before := len(must(n.Objects()))
	start, s := must(n.CreateEvent("go", &ipc.EventOptions{ManualReset: true})), must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Max: 20}))
	m, x := must(n.CreateMutex("m", nil)), must(n.CreateTimer("x", nil))
	var waits sync.WaitGroup
	for range 20 { // more than sleep in the kernel: some are parked
		waits.Go(func() {
			if _, err := ipc.WaitAll(ctx, start, s, m); err != nil {
				c.Fatalf("wait-all: %v", err)
			}
			wantNothing(c, "unlock", m.Unlock())
		})
	}
	wantNothing(c, "set", start.Set())
	must(s.Release(20))
	waits.Wait()
	wantNothing(c, "set timer", x.Set(time.Millisecond, 0))
	wantNothing(c, "wait for the timer", x.Wait(ctx))
	if list := must(n.Objects()); len(list) != before+4 {
		c.Fatalf("listed are %v: not 4 more than before", list)
	}
	for _, o := range []interface{ Close() error }{start, s, m, x} {
		wantNothing(c, "close", o.Close())
	}
}

// littleAddressSpace leaves less than a segment needs, and more than the
// runtime does.
func littleAddressSpace(c *testproc.Child) {
	before := open(c)
	work(c, before) // the threads that it takes are there from now on
	e := must(before.CreateEvent("e", nil))
	missing := filepath.Join(c.Args[0], "missing")
	const rlimitAS = 9 // on all Linux but MIPS and SPARC
	limit(c, rlimitAS, addressSpace(c)+uint64(shm.Size)*2/3)
	for _, dir := range []string{before.Dir(), missing} {
		_, err := ipc.OpenNamespace(dir, nil)
		wantError(c, "open", err, ipc.ErrNoSpace, "open namespace", dir, "ulimit -v")
	}
	if files := must(os.ReadDir(missing)); len(files) != 0 {
		c.Fatalf("%v remains", files)
	}
	other := must(before.OpenEvent("e"))
	wantNothing(c, "set", e.Set())
	if !must(other.TryWait()) {
		c.Fatalf("the signal was lost")
	}
	wantNothing(c, "close", errors.Join(e.Close(), other.Close()))
	limit(c, rlimitAS, ^uint64(0))
	work(c, must(ipc.OpenNamespace(before.Dir(), nil)))
	work(c, must(ipc.OpenNamespace(missing, nil)))
	c.Sayf("fine")
	c.Line()
}

// addressSpace is how much this process has.
func addressSpace(c *testproc.Child) uint64 {
	pages, _, _ := bytes.Cut(must(os.ReadFile("/proc/self/statm")), []byte(" "))
	return must(strconv.ParseUint(string(pages), 10, 64)) * uint64(os.Getpagesize())
}

// smallFiles needs large files for a new namespace only.
func smallFiles(c *testproc.Child) {
	before := open(c)
	missing := filepath.Join(c.Args[0], "missing")
	limit(c, syscall.RLIMIT_FSIZE, uint64(shm.Size)-1)
	_, err := ipc.OpenNamespace(missing, nil)
	wantError(c, "open", err, ipc.ErrNoSpace, "open namespace", missing, "ulimit -f")
	if files := must(os.ReadDir(missing)); len(files) != 0 {
		c.Fatalf("%v remains", files)
	}
	work(c, must(ipc.OpenNamespace(before.Dir(), nil)))
	limit(c, syscall.RLIMIT_FSIZE, ^uint64(0))
	work(c, must(ipc.OpenNamespace(missing, nil)))
	c.Sayf("fine")
	c.Line()
}
