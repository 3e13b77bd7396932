//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/shm"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("full-from-the-start", fullFromTheStart)
	testproc.Register("no-more-files", noMoreFiles)
	testproc.Register("full-for-objects", fullForObjects)
	testproc.Register("full-for-waits", fullForWaits)
	testproc.Register("full-for-processes", fullForProcesses)
}

// TestFullFileSystem: what no longer fits is ErrNoSpace and changes nothing;
// what is there goes on; with room again, everything works.
func TestFullFileSystem(t *testing.T) {
	for _, what := range []string{"full-from-the-start", "no-more-files", "full-for-objects", "full-for-waits", "full-for-processes", "full-for-mailslots", "full-for-messages", "full-for-pipes"} {
		t.Run(what, func(t *testing.T) { runApart(t, what, t.TempDir()) })
	}
}

// fullFromTheStart opens a namespace with no room, with a page of it, with
// two, until there is enough for the beginning.
func fullFromTheStart(c *testproc.Child) {
	d := newDisk(c, c.Args[0], "size=1m")
	dir := filepath.Join(c.Args[0], "ns")
	d.fill()
	failures := int64(0)
	for {
		n, err := ipc.OpenNamespace(dir, nil)
		if err == nil {
			n.Close()
			break
		}
		wantFull(c, "open", err, dir, "open namespace")
		if files := must(os.ReadDir(dir)); len(files) != 0 {
			c.Fatalf("with %d pages left, %v remains", failures, files)
		}
		failures++
		d.free(1)
	}
	if want := (shm.InitialReserve + diskPage - 1) / diskPage; failures != want {
		c.Fatalf("it took %d pages, want %d", failures, want)
	}
	c.Sayf("fine")
	c.Line()
}

// noMoreFiles opens a namespace where there is room, but not for another file.
func noMoreFiles(c *testproc.Child) {
	d := newDisk(c, c.Args[0], "size=1m,nr_inodes=3") // the root, the ballast, the directory
	dir := filepath.Join(c.Args[0], "ns")
	for range 2 {
		_, err := ipc.OpenNamespace(dir, nil)
		wantFull(c, "open", err, dir, "open namespace")
	}
	if files := must(os.ReadDir(dir)); len(files) != 0 {
		c.Fatalf("%v remains", files)
	}
	wantNothing(c, "remove", errors.Join(os.Remove(d.ballast.Name()), d.ballast.Close()))
	must(ipc.OpenNamespace(dir, nil)).Close()
	c.Sayf("fine")
	c.Line()
}

// openTwice opens the namespace of a disk as two processes would.
func openTwice(c *testproc.Child) (a, b *ipc.Namespace) {
	dir := filepath.Join(c.Args[0], "ns")
	return must(ipc.OpenNamespace(dir, nil)), must(ipc.OpenNamespace(dir, nil))
}

// fullForObjects creates objects until there is no room for another.
func fullForObjects(c *testproc.Child) {
	d := newDisk(c, c.Args[0], "size=2m")
	a, b := openTwice(c)
	m, e := must(a.CreateMutex("m", nil)), must(a.CreateEvent("e", nil))
	other := must(b.OpenEvent("e"))
	d.fill()

	name := func(i int) string { return fmt.Sprint(strings.Repeat("long", 200), i) }
	var made []*ipc.Semaphore
	for i := 0; ; i++ {
		s, err := a.CreateSemaphore(name(i), &ipc.SemaphoreOptions{Initial: i, Max: 1 << 20})
		if err != nil {
			wantFull(c, "create", err, a.Dir(), "create semaphore", name(i), "close handles")
			break
		}
		made = append(made, s)
	}
	_, err := b.CreateMutex(name(len(made)), nil)
	wantError(c, "create elsewhere", err, ipc.ErrNoSpace)
	_, err = b.OpenMutex(name(len(made)))
	wantError(c, "open what could not be created", err, ipc.ErrNotExist)

	// What is there works, and so does whatever fits.
	must(m.Lock(context.Background()))
	wantNothing(c, "unlock", m.Unlock())
	wantNothing(c, "set", e.Set())
	if !must(other.TryWait()) {
		c.Fatalf("the signal was lost")
	}
	for i, s := range made {
		if info := must(s.Info()); info.Count != i {
			c.Fatalf("semaphore %d has the count %d", i, info.Count)
		}
	}
	if list := must(b.Objects()); len(list) != len(made)+2 {
		c.Fatalf("%d objects are listed, want %d", len(list), len(made)+2)
	}
	if len(made) > 0 {
		wantNothing(c, "close", made[0].Close())
		made[0] = must(a.CreateSemaphore(name(0), &ipc.SemaphoreOptions{Max: 1}))
	}

	d.free(diskPage)
	for i := range 100 {
		must(b.CreateEvent(fmt.Sprint("more", i), nil))
	}
	c.Sayf("fine")
	c.Line()
}

// fullForWaits blocks waits until there is no room for another.
func fullForWaits(c *testproc.Child) {
	d := newDisk(c, c.Args[0], "size=1m")
	n, other := openTwice(c)
	s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Max: 1 << 20}))
	flag, second := must(n.CreateEvent("flag", nil)), must(n.CreateEvent("second", nil))
	ctx := context.Background()

	ended := make(chan error, 1<<20)
	blocked := 0
	// block starts a wait and tells whether it blocks.
	block := func() (err error) {
		go func() { ended <- s.Acquire(ctx) }()
		for {
			select {
			case err := <-ended:
				return err
			default:
			}
			if must(s.Info()).Waiters > blocked {
				blocked++
				return nil
			}
			runtime.Gosched()
		}
	}
	wantNothing(c, "a wait with room", block())
	d.fill()
	for {
		if err := block(); err != nil {
			wantFull(c, "wait", err, n.Dir(), "acquire semaphore", `"s"`)
			break
		}
	}

	// Nothing that needs another wait begins.
	_, err := ipc.WaitAny(ctx, s, flag)
	wantError(c, "wait-any", err, ipc.ErrNoSpace)
	_, err = ipc.WaitAll(ctx, s, flag, second)
	wantError(c, "wait-all", err, ipc.ErrNoSpace)
	_, err = ipc.SignalAndWait(ctx, flag, s)
	wantError(c, "signal and wait", err, ipc.ErrNoSpace)
	if must(flag.IsSet()) {
		c.Fatalf("a refused SignalAndWait has signalled")
	}
	// What needs no waiting goes on.
	wantNothing(c, "set", flag.Set())
	if _, ok, err := ipc.TryWaitAny(s, flag); !ok || err != nil {
		c.Fatalf("a wait that is satisfied at once: %v, %v", ok, err)
	}

	// Every wait that blocked gets its permit, and nobody else.
	must(must(other.OpenSemaphore("s")).Release(blocked))
	for range blocked {
		wantNothing(c, "a blocked wait", <-ended)
	}
	if i := must(s.Info()); i.Count != 0 || i.Waiters != 0 {
		c.Fatalf("left are %d permits and %d waits", i.Count, i.Waiters)
	}
	// Their records serve the next ones; with room there are more.
	full := blocked
	blocked = 0
	for range full {
		wantNothing(c, "a wait again", block())
	}
	if err := block(); !errors.Is(err, ipc.ErrNoSpace) {
		c.Fatalf("one more: %v", err)
	}
	d.free(diskPage)
	for range 100 {
		wantNothing(c, "a wait with room again", block())
	}
	must(s.Release(blocked))
	for range blocked {
		wantNothing(c, "a blocked wait", <-ended)
	}
	c.Sayf("fine")
	c.Line()
}

// fullForProcesses attaches until there is no room for another.
func fullForProcesses(c *testproc.Child) {
	d := newDisk(c, c.Args[0], "size=1m")
	a, b := openTwice(c)
	d.fill()
	all := []*ipc.Namespace{a, b}
	for {
		n, err := ipc.OpenNamespace(a.Dir(), nil)
		if err != nil {
			wantFull(c, "attach", err, a.Dir(), "open namespace")
			break
		}
		all = append(all, n)
	}
	wantNothing(c, "leave", all[len(all)-1].Close())
	all[len(all)-1] = must(ipc.OpenNamespace(a.Dir(), nil))
	d.free(diskPage)
	all = append(all, must(ipc.OpenNamespace(a.Dir(), nil)))
	must(all[0].CreateEvent("e", nil))
	must(all[len(all)-1].OpenEvent("e"))
	for _, n := range all {
		wantNothing(c, "close", n.Close())
	}
	c.Sayf("fine")
	c.Line()
}
