//go:build linux

package ipc_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("truncated", truncated) }

// refused checks an error of bad input: its sentinel, and that it is an *Error
// that names its operation.
func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	var e *ipc.Error
	if !errors.Is(err, want) || !errors.As(err, &e) || e.Op == "" || !strings.Contains(err.Error(), e.Op) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestBadNames(t *testing.T) {
	n := ownNamespace(t)
	for _, name := range []string{`a\b`, `\a`, `a\`, `local\x`, `Local\`, `Local\a\b`, strings.Repeat("x", 1025), "a\x00b", "a\xffb"} {
		_, err := n.CreateEvent(name, nil)
		refused(t, "create "+name, err, ipc.ErrInvalidName)
		_, err = n.OpenMutex(name)
		refused(t, "open "+name, err, ipc.ErrInvalidName)
	}
	_, err := n.OpenEvent(strings.Repeat("x", 1<<20))
	refused(t, "open a long name", err, ipc.ErrInvalidName)
	if text := err.Error(); len(text) > 500 || !strings.Contains(text, `"xxx`) || !strings.Contains(text, "1048576 bytes") {
		t.Errorf("the error for a long name is %.500s", text)
	}
	_, err = n.OpenSemaphore("")
	refused(t, "open without a name", err, ipc.ErrInvalidName)
	_, err = n.OpenTimer("nobody's")
	refused(t, "open what is not there", err, ipc.ErrNotExist)
	must(n.CreateEvent("x", nil))
	_, err = n.CreateMutex("x", nil)
	refused(t, "another type", err, ipc.ErrWrongType)
	_, err = n.OpenSemaphore("x")
	wantError(t, "another type", err, ipc.ErrWrongType, "it is an event")
	wantError(t, "remove what is not there", n.Remove("nobody's"), ipc.ErrNotExist, "it is not permanent")
	long := strings.Repeat("y", 1024)
	must(n.CreateEvent(long, nil))
	must(n.OpenEvent(long))
}

func TestBadOptions(t *testing.T) {
	n := ownNamespace(t)
	for _, o := range []ipc.SemaphoreOptions{{Initial: 2, Max: 1}, {Max: 0}, {Max: -1}, {Initial: -1, Max: 1}, {Max: 1 << 31}} {
		_, err := n.CreateSemaphore("s", &o)
		refused(t, "create semaphore", err, ipc.ErrInvalid)
	}
	_, err := n.CreateEvent("e", &ipc.EventOptions{Security: "D:"})
	refused(t, "security", err, ipc.ErrUnsupported)
	s := must(n.CreateSemaphore("", &ipc.SemaphoreOptions{Initial: 1, Max: 2}))
	for count, want := range map[int]error{0: ipc.ErrInvalid, -1: ipc.ErrInvalid, 2: ipc.ErrTooManyPosts, 1 << 31: ipc.ErrTooManyPosts} {
		_, err := s.Release(count)
		refused(t, "release", err, want)
	}
	if i := must(s.Info()); i.Count != 1 {
		t.Errorf("the count is %d after refused releases", i.Count)
	}
	x := must(n.CreateTimer("", nil))
	refused(t, "due", x.Set(-1, 0), ipc.ErrInvalid)
	refused(t, "period", x.Set(0, -1), ipc.ErrInvalid)
	refused(t, "period", x.SetAt(time.Now(), -1), ipc.ErrInvalid)
	if must(x.TryWait()) {
		t.Error("a refused timer fired")
	}
}

func TestBadWaits(t *testing.T) {
	n, other := ownNamespace(t), ownNamespace(t)
	ctx := context.Background()
	e := must(n.CreateEvent("e", &ipc.EventOptions{InitiallySet: true}))
	again := must(n.OpenEvent("e"))
	closed := must(n.CreateEvent("", nil))
	closed.Close()
	foreign := must(other.CreateEvent("", nil))
	many := make([]ipc.Waitable, 65)
	for i := range many {
		many[i] = e
	}
	for _, c := range []struct {
		what string
		objs []ipc.Waitable
		want error
	}{
		{"none", nil, ipc.ErrInvalid},
		{"65", many, ipc.ErrInvalid},
		{"nil", []ipc.Waitable{e, nil}, ipc.ErrInvalid},
		{"typed nil", []ipc.Waitable{e, (*ipc.Mutex)(nil)}, ipc.ErrInvalid},
		{"closed last", []ipc.Waitable{e, closed}, ipc.ErrClosed},
		{"closed first", []ipc.Waitable{closed, e}, ipc.ErrClosed},
		{"two namespaces", []ipc.Waitable{e, foreign}, ipc.ErrUnsupported},
	} {
		_, err := ipc.WaitAny(ctx, c.objs...)
		refused(t, "wait-any "+c.what, err, c.want)
		_, err = ipc.WaitAll(ctx, c.objs...)
		refused(t, "wait-all "+c.what, err, c.want)
	}
	_, err := ipc.WaitAll(ctx, e, e)
	refused(t, "the same twice", err, ipc.ErrInvalid)
	_, err = ipc.WaitAll(ctx, e, again)
	refused(t, "the same through two handles", err, ipc.ErrInvalid)
	_, err = ipc.SignalAndWait(ctx, nil, e)
	refused(t, "signal nil", err, ipc.ErrInvalid)
	if !must(e.IsSet()) {
		t.Error("a refused wait has consumed the signal")
	}
	refused(t, "set closed", closed.Set(), ipc.ErrClosed)
	m := must(n.CreateMutex("", nil))
	refused(t, "unlock", m.Unlock(), ipc.ErrNotOwner)
}

// TestNil: nothing panics for want of a handle.
func TestNil(t *testing.T) {
	var e *ipc.Event
	var m *ipc.Mutex
	var s *ipc.Semaphore
	var x *ipc.Timer
	var p *ipc.Process
	var o *ipc.Owner
	var n *ipc.Namespace
	ctx := context.Background()
	one := func(_ any, err error) error { return err }
	_, _, tryLock := m.TryLock()
	for i, err := range []error{
		e.Set(), e.Reset(), e.Pulse(), e.Wait(ctx), one(e.TryWait()), one(e.IsSet()), one(e.Info()), e.Close(),
		one(m.Lock(ctx)), tryLock, m.Unlock(), one(m.Info()), m.Close(),
		s.Acquire(ctx), one(s.TryAcquire()), one(s.Release(1)), one(s.Info()), s.Close(),
		x.Set(0, 0), x.SetAt(time.Time{}, 0), x.Cancel(), x.Wait(ctx), one(x.TryWait()), one(x.Info()), x.Close(),
		p.Wait(ctx), one(p.TryWait()), p.Close(), o.Unlock(m), o.Close(), one(o.Lock(ctx, m)),
		n.Close(), n.Remove("x"), one(n.Objects()), one(n.CreateEvent("x", nil)), one(n.OpenMutex("x")),
	} {
		if !errors.Is(err, ipc.ErrInvalid) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	_ = e.Name() + m.Name() + s.Name() + x.Name() + e.String() + m.String() + s.String() + x.String() + n.Dir()
	var zero ipc.Event
	refused(t, "the zero event", zero.Set(), ipc.ErrClosed)
}

// hostileDir makes a namespace's directory with something wrong.
func hostileDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestHostileDirectory(t *testing.T) {
	open := os.Chmod
	dir := hostileDir(t)
	open(dir, 0o755)
	_, err := ipc.OpenNamespace(dir, nil)
	refused(t, "open to others", err, ipc.ErrPermission)
	dir = hostileDir(t)
	link := filepath.Join(dir, "link")
	os.Symlink(hostileDir(t), link)
	_, err = ipc.OpenNamespace(link, nil)
	refused(t, "a symbolic link", err, ipc.ErrPermission)
	if os.Getuid() == 0 {
		dir = hostileDir(t)
		os.Chown(dir, 65534, -1)
		_, err = ipc.OpenNamespace(dir, nil)
		refused(t, "somebody else's", err, ipc.ErrPermission)
	}
	for _, dir := range []string{"", "a\x00b"} {
		_, err = ipc.OpenNamespace(dir, nil)
		refused(t, "a bad directory", err, ipc.ErrInvalidName)
	}
	_, err = ipc.OpenNamespace(filepath.Join(hostileDir(t), "missing"), &ipc.NamespaceOptions{MustExist: true})
	refused(t, "missing", err, ipc.ErrNotExist)
}

func TestHostileSegment(t *testing.T) {
	for _, c := range []struct {
		what  string
		spoil func(path string) error
		want  error
	}{
		{"truncated", func(p string) error { return os.Truncate(p, 100_000) }, ipc.ErrCorrupt},
		{"empty", func(p string) error { return os.Truncate(p, 0) }, ipc.ErrCorrupt},
		{"another version", func(p string) error { return patch(p, 8, []byte{99}) }, ipc.ErrVersion},
		{"random bytes", func(p string) error {
			noise := make([]byte, 1<<20)
			rand.Read(noise)
			return patch(p, 0, noise)
		}, ipc.ErrCorrupt},
	} {
		dir := hostileDir(t)
		must(ipc.OpenNamespace(dir, nil)).Close()
		if err := c.spoil(filepath.Join(dir, "segment")); err != nil {
			t.Fatal(err)
		}
		_, err := ipc.OpenNamespace(dir, nil)
		refused(t, c.what, err, c.want)
		wantError(t, c.what, err, c.want, filepath.Join(dir, "segment"), "remove it")
	}
}

func patch(path string, at int64, with []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(with, at)
	return err
}

// TestDeleted: a namespace whose file is taken away under its users says so,
// and those who have an object go on with it.
func TestDeleted(t *testing.T) {
	for _, c := range []struct {
		what     string
		takeAway func(dir string) error
	}{
		{"file removed", func(dir string) error { return os.Remove(filepath.Join(dir, "segment")) }},
		{"file replaced", func(dir string) error {
			other := hostileDir(t)
			must(ipc.OpenNamespace(other, nil)).Close()
			return os.Rename(filepath.Join(other, "segment"), filepath.Join(dir, "segment"))
		}},
		{"directory removed", os.RemoveAll},
		{"directory moved", func(dir string) error { return os.Rename(dir, filepath.Join(hostileDir(t), "moved")) }},
		{"directory made anew", func(dir string) error {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			return must(ipc.OpenNamespace(dir, nil)).Close()
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := hostileDir(t)
			n := must(ipc.OpenNamespace(dir, nil))
			defer n.Close()
			e := must(n.CreateEvent("e", nil))
			if err := c.takeAway(dir); err != nil {
				t.Fatal(err)
			}
			// It looks at the path once a second at most.
			patience := testproc.NewPatience(10 * time.Second)
			_, err := n.OpenEvent("e")
			for ; err == nil && !patience.Out(); _, err = n.OpenEvent("e") {
				runtime.Gosched()
			}
			refused(t, "open", err, ipc.ErrDeleted)
			_, err = n.Objects()
			refused(t, "list", err, ipc.ErrDeleted)
			if err := e.Set(); err != nil || !must(e.TryWait()) {
				t.Error("those who have it go on:", err)
			}
		})
	}
}

// parts are the places of a segment's parts; see docs/segment-format.md.
var parts = []struct {
	name   string
	offset int64
}{
	{"header", 0}, {"log", 4096}, {"buckets", 12288}, {"slots", 143360}, {"objects", 1191936},
	{"handles", 17969152}, {"waiters", 51523584}, {"blocks", 85078016}, {"chunks", 137506816},
}

// A spoiler damages a segment.
type spoiler struct {
	what  string
	spoil func(path string) error
}

func spoilers() []spoiler {
	list := []spoiler{
		{"all noise", func(p string) error { return noise(p, 0, 1<<20) }},
		{"noise behind the header", func(p string) error { return noise(p, 4096, 1<<20) }},
		{"noise in the objects", func(p string) error { return noise(p, 1191936, 1<<16) }},
		{"noise in the tables", func(p string) error { return noise(p, 192, 1024) }},
	}
	for _, part := range parts {
		list = append(list,
			spoiler{"truncated at the " + part.name, func(p string) error { return os.Truncate(p, part.offset) }},
			spoiler{"truncated in the " + part.name, func(p string) error { return os.Truncate(p, part.offset+100) }},
			spoiler{"a hole in the " + part.name, func(p string) error { return punch(p, part.offset, 1<<16) }})
	}
	return list
}

// TestLiveDamage truncates a segment, tears a hole into it, or fills it with
// noise, while a process works in it: errors are right, a crash or a hang is
// not.
func TestLiveDamage(t *testing.T) {
	for _, c := range spoilers() {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := hostileDir(t)
			p := testproc.Start(t, "truncated", dir)
			p.Expect("working")
			if err := c.spoil(filepath.Join(dir, "segment")); err != nil {
				t.Fatal(err)
			}
			p.Sayf("go on")
			p.Expect("survived")
			p.Exit()
		})
	}
}

// punch gives the memory of a part of a file back: it reads as zeros then.
func punch(path string, at, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	const keepSize, punchHole = 1, 2
	return syscall.Fallocate(int(f.Fd()), keepSize|punchHole, at, size)
}

// documented makes sure that errors are ones that the package tells of.
func documented(errs ...error) {
	sentinels := []error{
		ipc.ErrClosed, ipc.ErrNotExist, ipc.ErrInvalid, ipc.ErrNotOwner, ipc.ErrTooManyPosts, ipc.ErrWrongType,
		ipc.ErrNoSpace, ipc.ErrCorrupt, ipc.ErrStalled, ipc.ErrDeleted, context.DeadlineExceeded,
	}
	for _, err := range errs {
		if err != nil && !slices.ContainsFunc(sentinels, func(s error) bool { return errors.Is(err, s) }) {
			panic(err)
		}
	}
}

func noise(path string, at, size int64) error {
	b := make([]byte, size)
	rand.Read(b)
	return patch(path, at, bytes.Clone(b))
}

// truncated works in a segment before and after it was damaged.
func truncated(c *testproc.Child) {
	n := open(c)
	e, m := must(n.CreateEvent("e", nil)), must(n.CreateMutex("m", nil))
	s := must(n.CreateSemaphore("s", &ipc.SemaphoreOptions{Initial: 1, Max: 2}))
	work := func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		documented(e.Set(), e.Wait(ctx), m.Unlock(), s.Acquire(ctx))
		_, err := m.Lock(ctx)
		documented(err, m.Unlock())
		_, err = s.Release(1)
		documented(err)
		_, err = ipc.WaitAll(ctx, e, s, m)
		documented(err)
		_, err = n.Objects()
		documented(err)
		x, err := n.CreateEvent("x", nil)
		if documented(err); err == nil {
			documented(x.Close())
		}
	}
	work()
	c.Sayf("working")
	c.Line()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			work()
		}
	}()
	select {
	case <-done:
		documented(n.Close())
		c.Sayf("survived")
	case <-time.After(50 * time.Second):
		c.Sayf("hangs")
		panic("a hang: its goroutines follow")
	}
	c.Line()
}
