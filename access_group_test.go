//go:build linux

package ipc_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
	"golang.org/x/sys/unix"
)

func init() { testproc.Register("member", member) }

const shared = "54400" // sharedGroup, as the option has it

// TestGroup: a group's namespace admits its members, whoever made it, and
// nobody else.
func TestGroup(t *testing.T) {
	needRoot(t)
	dir := filepath.Join(publicDir(t), "ns")
	a, b, m := newGuest(t, alice), newGuest(t, bob), newGuest(t, mallory)
	a.comesIn(visit{Dir: dir, Group: shared, Name: "e"})
	wantAccess(t, dir, fs.ModeDir|fs.ModeSetgid|0o770, sharedGroup)
	wantAccess(t, filepath.Join(dir, "segment"), 0o660, sharedGroup)
	if got := b.comesIn(visit{Dir: dir, Group: shared, Name: "e", Set: true}); !got.Existed {
		t.Error("bob has another event")
	}
	if got := a.comesIn(visit{Dir: dir, Group: shared, Name: "e"}); !got.Existed || !got.Set {
		t.Errorf("alice sees %+v", got)
	}
	m.isRefused(visit{Dir: dir, Group: shared, Name: "e"}, actor.Permission, "open namespace", dir, "user 54323 is not in", "an administrator adds the user")
	m.isRefused(visit{Dir: dir, Group: fmt.Sprint(otherGroup), Name: "e"}, actor.Permission, "belongs to group 54400, not to group 54401")
	m.isRefused(visit{Dir: dir, Name: "e"}, actor.Permission, "belongs to user 54321")
	b.isRefused(visit{Dir: dir, Name: "e"}, actor.Permission, "is shared with group") // not as one's own
	a.isRefused(visit{Dir: dir, Name: "e"}, actor.Permission, "is shared with group") // nor by who made it
}

// wantAccess checks the mode and the group of a file.
func wantAccess(t *testing.T, path string, mode fs.FileMode, gid uint32) {
	t.Helper()
	info := must(os.Lstat(path))
	if got := info.Sys().(*syscall.Stat_t).Gid; info.Mode() != mode || got != gid {
		t.Errorf("%s has the mode %v and the group %d, want %v and %d", path, info.Mode(), got, mode, gid)
	}
}

// TestGroupOfOthers: nobody opens a namespace for a group without being in it,
// and what was begun is gone.
func TestGroupOfOthers(t *testing.T) {
	needRoot(t)
	dir := filepath.Join(publicDir(t), "ns")
	m := newGuest(t, mallory)
	m.isRefused(visit{Dir: dir, Group: shared, Name: "e"}, actor.Permission, "open namespace", dir, "54400")
	m.isRefused(visit{Dir: dir, Group: "no such group", Name: "e"}, actor.Invalid, "no such group")
	if left := must(os.ReadDir(filepath.Dir(dir))); len(left) != 0 {
		t.Errorf("%v remains", left)
	}
}

// TestGroupWithAList: an access control list lets others in past the mode.
func TestGroupWithAList(t *testing.T) {
	needRoot(t)
	dir := filepath.Join(publicDir(t), "ns")
	a := newGuest(t, alice)
	a.comesIn(visit{Dir: dir, Group: shared, Name: "e"})
	letIn(t, dir, mallory)
	wantAccess(t, dir, fs.ModeDir|fs.ModeSetgid|0o770, sharedGroup) // nothing to be seen
	a.isRefused(visit{Dir: dir, Group: shared, Name: "e"}, actor.Permission, dir, "access control list", "setfacl -b")
	newGuest(t, mallory).isRefused(visit{Dir: dir, Group: shared, Name: "e"}, actor.Permission, "access control list")
}

// letIn adds a person to the access control list of a directory: struct
// posix_acl_xattr_header and its entries.
func letIn(t *testing.T, dir string, p person) {
	t.Helper()
	const nobody = ^uint32(0)
	list := binary.LittleEndian.AppendUint32(nil, 2) // the version
	for _, entry := range []struct {
		tag, rights uint16
		id          uint32
	}{{1, 7, nobody}, {2, 7, p.uid}, {4, 7, nobody}, {16, 7, nobody}, {32, 0, nobody}} { // owner, user, group, mask, others
		list = binary.LittleEndian.AppendUint16(list, entry.tag)
		list = binary.LittleEndian.AppendUint16(list, entry.rights)
		list = binary.LittleEndian.AppendUint32(list, entry.id)
	}
	if err := unix.Setxattr(dir, "system.posix_acl_access", list, 0); errors.Is(err, unix.EOPNOTSUPP) {
		t.Skip("this file system has no access control lists")
	} else if err != nil {
		t.Fatal(err)
	}
}

// TestMember: what a member can do to the others of its group, by the files,
// and what not. Who may open a namespace is trusted with it: any member can
// remove the segment, so that those who have it are told ErrDeleted and must
// start again, put something else in its place, which is refused until a
// member removes it, and overwrite its bytes, which gives errors and no crash
// (TestLiveDamage). It cannot change the mode, the owner or the group of what
// others made, or remove or replace the directory in a sticky parent.
func TestMember(t *testing.T) {
	needRoot(t)
	dir := filepath.Join(publicDir(t), "ns")
	segment := filepath.Join(dir, "segment")
	in := visit{Dir: dir, Group: shared, Name: "e"}
	a := newGuest(t, alice)
	a.comesIn(in)

	b := startAs(t, bob, "member", dir)
	b.Expect("cannot open up or take over")
	wantAccess(t, dir, fs.ModeDir|fs.ModeSetgid|0o770, sharedGroup)
	wantAccess(t, segment, 0o660, sharedGroup)

	b.Sayf("replace it")
	b.Expect("replaced")
	before := must(os.Lstat(segment))
	a.isRefused(in, actor.Permission, segment, "is a FIFO", "remove it")
	wantSame(t, segment, before)
	b.Sayf("remove it")
	b.Expect("removed")
	if got := a.comesIn(in); got.Existed {
		t.Error("the event came back")
	}
	b.Exit()
}

func member(c *testproc.Child) {
	dir := c.Args[0]
	segment, aside := filepath.Join(dir, "segment"), dir+"-aside"
	n := must(ipc.OpenNamespace(dir, &ipc.NamespaceOptions{Group: shared}))
	for what, try := range map[string]func() error{
		"open up the segment":   func() error { return os.Chmod(segment, 0o666) },
		"open up the directory": func() error { return os.Chmod(dir, 0o777) },
		"take the segment":      func() error { return os.Chown(segment, os.Getuid(), -1) },
		"take the directory":    func() error { return os.Chown(dir, os.Getuid(), -1) },
		"give the segment away": func() error { return os.Chown(segment, -1, os.Getgid()) },
		"rename the directory":  func() error { return os.Rename(dir, aside) },
		"remove the directory":  func() error { return syscall.Rmdir(dir) },
	} {
		if err := try(); !errors.Is(err, fs.ErrPermission) {
			c.Fatalf("%s: %v", what, err)
		}
	}
	c.Sayf("cannot open up or take over")
	c.Line()
	wantNothing(c, "remove", os.Remove(segment))
	_, err := n.CreateEvent("e", nil)
	wantError(c, "create", err, ipc.ErrDeleted, "create event", "no longer leads to")
	wantNothing(c, "put a FIFO there", syscall.Mkfifo(segment, 0o660))
	c.Sayf("replaced")
	c.Line()
	wantNothing(c, "remove", os.Remove(segment))
	c.Sayf("removed")
	c.Line()
}

// TestGlobalAccess: the machine's namespace admits the group that root has
// made it for, and does not exist before that.
func TestGlobalAccess(t *testing.T) {
	needRoot(t)
	dir := filepath.Join(publicDir(t), "global")
	in := visit{Global: dir, Name: `Global\e`}
	a, m := newGuest(t, alice), newGuest(t, mallory)
	a.isRefused(in, actor.NotExist, "not provisioned", "ipc setup global")
	a.isRefused(visit{Global: dir, Setup: shared}, actor.Permission, "set up global namespace", "only root", "sudo ipc setup global")
	setUpGlobal(t, dir)
	wantAccess(t, dir, fs.ModeDir|fs.ModeSetgid|0o770, sharedGroup)
	a.comesIn(in)
	wantAccess(t, filepath.Join(dir, "segment"), 0o660, sharedGroup)
	in.Set = true
	if got := newGuest(t, bob).comesIn(in); !got.Existed {
		t.Error("bob has another event")
	}
	m.isRefused(in, actor.Permission, "open namespace", dir, "user 54323 is not in")
	m.isRefused(visit{Dir: dir, Name: "e"}, actor.Permission, "belongs to user 0")
	setUpGlobal(t, dir) // again, as at each start of the machine
	if got := newGuest(t, bob).comesIn(in); !got.Existed || !got.Set {
		t.Errorf("after another set-up: %+v", got)
	}
}

// trySetUpGlobal is "ipc setup global", for a directory of the test.
func trySetUpGlobal(dir string) error {
	defer ipc.SetGlobalDir(dir)()
	return ipc.SetupGlobal(shared)
}

func setUpGlobal(t *testing.T, dir string) {
	t.Helper()
	wantNothing(t, "set up", trySetUpGlobal(dir))
}

// TestSquattedGlobal: what somebody else has put in the place of the machine's
// namespace is neither used nor made respectable by the set-up: who made it may
// have kept a way in, such as an access control list.
func TestSquattedGlobal(t *testing.T) {
	needRoot(t)
	dir := filepath.Join(publicDir(t), "global")
	wantNothing(t, "mkdir", errors.Join(os.Mkdir(dir, 0o770), os.Chown(dir, int(mallory.uid), sharedGroup), os.Chmod(dir, fs.ModeSetgid|0o770)))
	before := must(os.Lstat(dir))
	newGuest(t, alice).isRefused(visit{Global: dir, Name: `Global\e`}, actor.Permission, "belongs to user 54323, not to root", "ipc setup global")
	wantError(t, "set up", trySetUpGlobal(dir), ipc.ErrPermission, "belongs to user 54323", "remove it")
	wantSame(t, dir, before)
	if names := must(os.ReadDir(dir)); len(names) != 0 {
		t.Errorf("in it are %v", names)
	}
	wantNothing(t, "remove", os.Remove(dir))
	wantNothing(t, "link", os.Symlink(ownedDir(t, mallory), dir))
	wantError(t, "set up", trySetUpGlobal(dir), ipc.ErrPermission, dir, "symbolic link")
}
