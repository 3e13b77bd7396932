//go:build linux

package ipc_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// Who may come in: the tests play several users, by numbers that no account
// has. What they share is here.

func init() { testproc.Register("visitor", visitor) }

// A person is a user of the machine, with the groups that it is in.
type person struct{ uid, gid, group uint32 }

const (
	sharedGroup = 54400
	otherGroup  = 54401
)

var (
	alice   = person{54321, 54321, sharedGroup}
	bob     = person{54322, 54322, sharedGroup}
	mallory = person{54323, 54323, otherGroup}
)

func (p person) String() string { return fmt.Sprint("user ", p.uid) }

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("plays several users: needs root")
	}
}

// startAs starts a child that a person runs. The test binary may lie where only
// root can reach it, so it is started through its descriptor.
func startAs(t *testing.T, p person, name string, args ...string) *testproc.Proc {
	t.Helper()
	needRoot(t)
	binary := must(os.Open(must(os.Executable())))
	defer binary.Close()
	return testproc.StartWith(t, func(cmd *exec.Cmd) {
		cmd.Path = fmt.Sprint("/proc/self/fd/", binary.Fd())
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{
			Uid: p.uid, Gid: p.gid, Groups: []uint32{p.group},
		}}
	}, name, args...)
}

// A visit is what a visitor is asked to do: to open a namespace, to create or
// open the event in it that has the name, and to look at it or to set it. A
// visitor keeps what it opened until its next visit.
type visit struct {
	Dir, Group string // no Dir: the user's own
	Global     string // instead of Dir: where Global\ is
	Name       string
	Set        bool
	Setup      string // instead: set up Global for this group
}

// A visited is what became of it.
type visited struct {
	Code         actor.Code
	Text         string
	Existed, Set bool
}

func visitor(c *testproc.Child) {
	var last *ipc.Namespace
	for {
		var v visit
		c.Receive(&v)
		if last != nil {
			wantNothing(c, "close", last.Close())
		}
		var e *ipc.Event
		var answer visited
		n, err := v.open()
		if err == nil && n != nil {
			e, err = n.CreateEvent(v.Name, nil)
		}
		if err == nil && v.Set {
			err = e.Set()
		}
		if err == nil && e != nil {
			answer.Set, err = e.IsSet()
			answer.Existed = e.Existed()
		}
		last = n
		if err != nil {
			answer.Code, answer.Text = actor.CodeOf(err), err.Error()
			if errors.Is(err, ipc.ErrCorrupt) {
				answer.Code = "corrupt"
			}
		}
		c.Send(answer)
	}
}

func (v *visit) open() (*ipc.Namespace, error) {
	switch {
	case v.Setup != "":
		linux.GlobalDir = v.Global
		return nil, ipc.SetupGlobal(v.Setup)
	case v.Global != "":
		linux.GlobalDir = v.Global
		return ipc.GlobalNamespace()
	case v.Dir == "":
		return ipc.DefaultNamespace()
	}
	return ipc.OpenNamespace(v.Dir, &ipc.NamespaceOptions{Group: v.Group})
}

// A guest is a visitor of some person.
type guest struct {
	*testproc.Proc
	t   *testing.T
	who person
}

func newGuest(t *testing.T, p person) *guest {
	t.Helper()
	g := &guest{startAs(t, p, "visitor"), t, p}
	t.Cleanup(func() {
		select {
		case <-g.Ended():
		default:
			g.Exit()
		}
	})
	return g
}

// comesIn pays a visit that must succeed.
func (g *guest) comesIn(v visit) visited {
	g.t.Helper()
	var got visited
	if g.Call(v, &got); got.Code != actor.OK {
		g.t.Fatalf("%v: %+v: %s", g.who, v, got.Text)
	}
	return got
}

// isRefused pays a visit that must fail, and say why.
func (g *guest) isRefused(v visit, code actor.Code, says ...string) {
	g.t.Helper()
	var got visited
	g.Call(v, &got)
	if got.Code != code {
		g.t.Errorf("%v: %+v: got %q (%s), want %q", g.who, v, got.Code, got.Text, code)
	}
	for _, s := range says {
		if !strings.Contains(got.Text, s) {
			g.t.Errorf("%v: %q does not say %q", g.who, got.Text, s)
		}
	}
}

// publicDir makes a directory that everybody may enter, and write to as in
// /dev/shm: what is in it belongs to who made it.
func publicDir(t *testing.T) string {
	t.Helper()
	dir := hostileDir(t)
	wantNothing(t, "chmod", os.Chmod(dir, os.ModeSticky|0o777))
	return dir
}

// ownedDir makes a directory for a namespace of a person.
func ownedDir(t *testing.T, p person) string {
	t.Helper()
	dir := filepath.Join(publicDir(t), "ns")
	wantNothing(t, "mkdir", os.Mkdir(dir, 0o700))
	wantNothing(t, "chown", os.Chown(dir, int(p.uid), int(p.gid)))
	return dir
}

func init() { testproc.Register("burglar", burglar) }

// TestOtherUser: what is one user's is closed to another, whatever that one
// tries: nothing is opened, read, signalled, blocked or removed. Root comes in
// by force only: the package refuses it too.
func TestOtherUser(t *testing.T) {
	needRoot(t)
	dir := fmt.Sprint("/dev/shm/ipc-", alice.uid) // the real one
	t.Cleanup(func() { os.RemoveAll(dir) })
	a := newGuest(t, alice)
	if got := a.comesIn(visit{Name: "e"}); got.Existed || got.Set {
		t.Fatalf("a new event: %+v", got)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, "segment"): 0o600} {
		if mode := must(os.Stat(path)).Mode().Perm(); mode != want {
			t.Errorf("%s has the mode %v", path, mode)
		}
	}
	b := newGuest(t, bob)
	b.isRefused(visit{Dir: dir, Name: "e", Set: true}, actor.Permission, "open namespace", dir, "belongs to user 54321")
	b.isRefused(visit{Dir: dir, Group: "54322", Name: "e", Set: true}, actor.Permission, "belongs to group 54321")
	b.isRefused(visit{Dir: dir, Group: "54321", Name: "e", Set: true}, actor.Permission, "closed to its group")
	_, err := ipc.OpenNamespace(dir, nil)
	wantError(t, "root", err, ipc.ErrPermission, "belongs to user 54321, not to user 0")

	burglar := startAs(t, bob, "burglar", dir, fmt.Sprint(a.PID()))
	burglar.Expect("nothing to be had")
	burglar.Exit()

	// Bob's own is another, though the name is the same.
	t.Cleanup(func() { os.RemoveAll(fmt.Sprint("/dev/shm/ipc-", bob.uid)) })
	if got := b.comesIn(visit{Name: "e", Set: true}); got.Existed {
		t.Error("bob has alice's event")
	}
	second := newGuest(t, alice)
	if got := second.comesIn(visit{Name: "e"}); !got.Existed || got.Set {
		t.Errorf("alice's event after all that: %+v", got)
	}
}

// burglar tries to get at a namespace past the package: by its files, and by
// those that a process of its owner has open.
func burglar(c *testproc.Child) {
	dir, pid := c.Args[0], c.Args[1]
	segment := filepath.Join(dir, "segment")
	aside := filepath.Join(filepath.Dir(dir), "ipc-test-aside")
	for what, try := range map[string]func() error{
		"list":           func() error { _, err := os.ReadDir(dir); return err },
		"look":           func() error { _, err := os.Lstat(segment); return err },
		"read":           func() error { _, err := os.ReadFile(segment); return err },
		"write":          func() error { return patch(segment, 0, make([]byte, 8)) },
		"truncate":       func() error { return os.Truncate(segment, 0) },
		"remove":         func() error { return os.Remove(segment) },
		"remove all":     func() error { return syscall.Rmdir(dir) },
		"add":            func() error { return os.WriteFile(filepath.Join(dir, "more"), nil, 0o666) },
		"rename":         func() error { return os.Rename(dir, aside) },
		"link":           func() error { return os.Link(segment, aside) },
		"open up":        func() error { return os.Chmod(dir, 0o777) },
		"take over":      func() error { return os.Chown(dir, os.Getuid(), os.Getgid()) },
		"descriptors":    func() error { _, err := os.ReadDir("/proc/" + pid + "/fd"); return err },
		"mappings":       func() error { _, err := os.ReadDir("/proc/" + pid + "/map_files"); return err },
		"memory":         func() error { _, err := os.ReadFile("/proc/" + pid + "/mem"); return err },
		"stop its owner": func() error { return syscall.Kill(must(parse(pid)), syscall.SIGSTOP) },
	} {
		if err := try(); !errors.Is(err, fs.ErrPermission) {
			c.Fatalf("%s: %v", what, err)
		}
	}
	c.Sayf("nothing to be had")
	c.Line()
}

func parse(number string) (n int, err error) {
	_, err = fmt.Sscan(number, &n)
	return n, err
}

// TestSquatter: whatever somebody else has put in the place of a namespace is
// refused at once, used by nobody, and left where it is.
func TestSquatter(t *testing.T) {
	needRoot(t)
	a := newGuest(t, alice)
	elsewhere := ownedDir(t, alice) // alice's own: a link to it is tempting
	a.comesIn(visit{Dir: elsewhere, Name: "e"})
	for what, squat := range squats(elsewhere) {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(publicDir(t), "ns")
			wantNothing(t, "squat", squat(path))
			wantNothing(t, "chown", os.Lchown(path, int(mallory.uid), int(mallory.gid)))
			before := must(os.Lstat(path))
			a.isRefused(visit{Dir: path, Name: "e", Set: true}, actor.Permission, path, "give another directory")
			a.isRefused(visit{Dir: path, Group: fmt.Sprint(sharedGroup), Name: "e"}, actor.Permission, path)
			wantSame(t, path, before)
		})
	}
	if got := a.comesIn(visit{Dir: elsewhere, Name: "e"}); got.Set {
		t.Error("a link led to alice's event")
	}
}

// squats are the things that can stand where a directory or a file should.
func squats(elsewhere string) map[string]func(path string) error {
	return map[string]func(string) error{
		"directory":     func(p string) error { return errors.Join(os.Mkdir(p, 0), os.Chmod(p, 0o777)) },
		"tidy one":      func(p string) error { return os.Mkdir(p, 0o700) },
		"file":          func(p string) error { return os.WriteFile(p, nil, 0o666) },
		"symbolic link": func(p string) error { return os.Symlink(elsewhere, p) },
		"dangling link": func(p string) error { return os.Symlink(p+"-nowhere", p) },
		"FIFO":          func(p string) error { return syscall.Mkfifo(p, 0o666) },
		"socket":        staleSocket,
		"device":        func(p string) error { return syscall.Mknod(p, syscall.S_IFCHR|0o666, 1<<8|3) },
	}
}

// staleSocket leaves a socket that nobody listens on.
func staleSocket(path string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
}

// wantSame checks that a file is still the one that it was, with the same mode.
func wantSame(t *testing.T, path string, before fs.FileInfo) {
	t.Helper()
	after, err := os.Lstat(path)
	if err != nil || !os.SameFile(before, after) || before.Mode() != after.Mode() {
		t.Errorf("%s was touched: %v", path, err)
	}
}

// TestInPlaceOfTheSegment: whatever is not a segment of the namespace's owner,
// under its name, is refused at once and left where it is.
func TestInPlaceOfTheSegment(t *testing.T) {
	needRoot(t)
	a := newGuest(t, alice)
	other := ownedDir(t, alice)
	a.comesIn(visit{Dir: other, Name: "e"})
	real := filepath.Join(other, "segment")
	things := squats(real)
	delete(things, "file")
	things["hard link"] = func(p string) error { return os.Link(real, p) }
	for what, put := range things {
		t.Run(what, func(t *testing.T) {
			dir := ownedDir(t, alice)
			if what == "hard link" { // must be on the same file system, and alone in its directory
				dir = filepath.Join(filepath.Dir(other), "second")
				wantNothing(t, "mkdir", errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, int(alice.uid), int(alice.gid))))
				defer os.RemoveAll(dir)
			}
			path := filepath.Join(dir, "segment")
			wantNothing(t, "put", put(path))
			wantNothing(t, "chown", os.Lchown(path, int(alice.uid), int(alice.gid)))
			before := must(os.Lstat(path))
			a.isRefused(visit{Dir: dir, Name: "e", Set: true}, actor.Permission, path, "remove it")
			wantSame(t, path, before)
		})
	}
	wantNothing(t, "remove", os.RemoveAll(filepath.Join(filepath.Dir(other), "second")))
	if got := a.comesIn(visit{Dir: other, Name: "e"}); got.Set {
		t.Error("a link led to the other segment")
	}
}

// TestSegmentOfOthers: a segment whose owner or mode lets others have it is
// refused, and so is one that is no segment.
func TestSegmentOfOthers(t *testing.T) {
	needRoot(t)
	for what, c := range map[string]struct {
		spoil func(path string) error
		code  actor.Code
		says  string
	}{
		"mallory's":         {func(p string) error { return os.Chown(p, int(mallory.uid), int(mallory.gid)) }, actor.Permission, "closed to user 54321"},
		"root's":            {func(p string) error { return errors.Join(os.Chown(p, 0, 0), os.Chmod(p, 0o606)) }, actor.Permission, "belongs to user 0"},
		"writable by all":   {func(p string) error { return os.Chmod(p, 0o666) }, actor.Permission, "run chmod 600"},
		"readable by all":   {func(p string) error { return os.Chmod(p, 0o644) }, actor.Permission, "run chmod 600"},
		"closed to herself": {func(p string) error { return os.Chmod(p, 0o400) }, actor.Permission, "run chmod 600"},
		"set-user-id":       {func(p string) error { return os.Chmod(p, os.ModeSetuid|0o600) }, actor.Permission, "run chmod 600"},
		"empty":             {func(p string) error { return os.Truncate(p, 0) }, "corrupt", "remove it"},
		"huge":              {func(p string) error { return os.Truncate(p, 1<<40) }, "corrupt", "remove it"},
		"noise":             {func(p string) error { return noise(p, 0, 1<<16) }, "corrupt", "/segment: the namespace is damaged: the file is not a segment"},
	} {
		t.Run(what, func(t *testing.T) {
			dir := ownedDir(t, alice)
			first := newGuest(t, alice)
			first.comesIn(visit{Dir: dir, Name: "e"})
			first.Exit()
			path := filepath.Join(dir, "segment")
			wantNothing(t, "spoil", c.spoil(path))
			before := must(os.Lstat(path))
			newGuest(t, alice).isRefused(visit{Dir: dir, Name: "e", Set: true}, c.code, dir, c.says)
			wantSame(t, path, before)
		})
	}
}

// TestWritableParent: where anybody can replace the directory, it proves
// nothing that it is one's own.
func TestWritableParent(t *testing.T) {
	needRoot(t)
	dir := ownedDir(t, alice)
	a := newGuest(t, alice)
	a.comesIn(visit{Dir: dir, Name: "e"})
	parent := filepath.Dir(dir)
	wantNothing(t, "chmod", os.Chmod(parent, 0o777))
	a.isRefused(visit{Dir: dir, Name: "e"}, actor.Permission, parent, "anybody could replace", "give one whose parent is sticky")
	a.isRefused(visit{Dir: filepath.Join(parent, "new"), Name: "e"}, actor.Permission, "give one whose parent is sticky")
	if names := must(filepath.Glob(parent + "/*")); !slices.Equal(names, []string{dir}) {
		t.Errorf("in the parent are %v", names)
	}
}
