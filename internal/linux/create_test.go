//go:build linux

package linux

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func init() {
	helpers["create"] = helpCreate
	helpers["die creating"] = helpDieCreating
	helpers["group"] = helpGroup
}

// helpCreate opens the segment in args[0] when told and says which it got. The
// umask is args[1], and args[2] is whether to do without O_TMPFILE.
func helpCreate(in *bufio.Scanner, args []string) {
	var mask int
	fmt.Sscanf(args[1], "%o", &mask)
	syscall.Umask(mask)
	noTmpfile.Store(args[2] == "named")
	fmt.Println("ready")
	in.Scan()
	d, err := OpenDir(args[0], Access{}, true)
	check(err)
	s, err := d.OpenSegment(testSize, testReserve, func(mem []byte) error {
		mem[0] = 1
		copy(mem[8:], fmt.Sprintf("%08d", os.Getpid()))
		return nil
	}, staleUnless(1))
	check(err)
	fmt.Println(s.stat.Ino, string(s.Bytes()[8:16]))
	in.Scan()
	check(s.Close())
}

// helpDieCreating dies before the segment has its name.
func helpDieCreating(_ *bufio.Scanner, args []string) {
	d, err := OpenDir(args[0], Access{}, true)
	check(err)
	d.OpenSegment(testSize, testReserve, func([]byte) error {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}, believe)
}

// Many processes create one segment at the same time, in a directory that is
// not there, over nothing or over what an earlier boot has left, with any umask.
func TestConcurrentCreationMakesOneSegment(t *testing.T) {
	const processes, rounds = 8, 3
	for _, how := range []string{"unnamed", "named"} {
		for _, before := range []string{"nothing", "stale"} {
			for _, umask := range []string{"022", "0", "0777"} {
				t.Run(how+" over "+before+" with umask "+umask, func(t *testing.T) {
					for range rounds {
						createTogether(t, processes, how, before, umask)
					}
				})
			}
		}
	}
}

func createTogether(t *testing.T, processes int, how, before, umask string) {
	dir := filepath.Join(shmDir(t), "ns")
	if before == "stale" {
		must(t, os.Mkdir(dir, 0o700))
		must(t, makeSized(testSize, 0o600)(filepath.Join(dir, "segment")))
	}
	children := make([]*child, processes)
	for i := range children {
		children[i] = start(t, "create", nil, dir, umask, how)
	}
	for _, c := range children {
		c.expect("ready")
	}
	for _, c := range children {
		c.tell("go")
	}
	first := children[0].line()
	for _, c := range children[1:] {
		c.expect(first)
	}
	wantFiles(t, dir, "segment")
	wantMode(t, dir, 0o700)
	wantMode(t, filepath.Join(dir, "segment"), 0o600)
	for _, c := range children {
		c.in.Close()
		if state := c.wait(); !state.Success() {
			t.Errorf("a helper ended with %v: %s", state, &c.stderr)
		}
	}
}

func TestConcurrentCreationInOneProcess(t *testing.T) {
	dir := shmDir(t)
	must(t, makeSized(testSize, 0o600)(filepath.Join(dir, "segment")))
	d := openDir(t, dir)
	segments := make([]*Segment, 16)
	var wg sync.WaitGroup
	for i := range segments {
		wg.Go(func() {
			s, err := d.OpenSegment(testSize, testReserve, func(mem []byte) error {
				mem[0] = 1
				return nil
			}, staleUnless(1))
			if err != nil {
				t.Error(err)
				return
			}
			segments[i] = s
		})
	}
	wg.Wait()
	for _, s := range segments {
		if s == nil {
			continue
		}
		if s.Deleted() {
			t.Error("a segment was opened and then replaced")
		}
		must(t, s.Close())
	}
	wantFiles(t, dir, "segment")
}

func TestDeathWhileCreatingLeavesNothing(t *testing.T) {
	dir := shmDir(t)
	if state := start(t, "die creating", nil, dir).wait(); state.Success() {
		t.Fatal("the helper did not die")
	}
	wantFiles(t, dir)
}

func TestFailedInitLeavesNothing(t *testing.T) {
	bad := errors.New("as told")
	for _, named := range []bool{false, true} {
		noTmpfile.Store(named)
		dir := shmDir(t)
		_, err := openDir(t, dir).OpenSegment(testSize, testReserve, func([]byte) error { return bad }, believe)
		if err != bad {
			t.Errorf("%v, want init's error", err)
		}
		wantFiles(t, dir)
	}
	noTmpfile.Store(false)
}

// A full file system is an error where space is reserved, not a signal where it
// is touched.
func TestNoSpace(t *testing.T) {
	dir := shmDir(t)
	err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=1m,mode=0700")
	if errors.Is(err, fs.ErrPermission) {
		t.Skip("SKIPPED: may not mount a tmpfs:", err)
	}
	must(t, err)
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	d := openDir(t, dir)
	const size = 64 << 20
	_, err = d.OpenSegment(size, 8<<20, wontInit(t), believe)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the file system of "+dir+" is full: ") {
		t.Fatalf("%v, want ENOSPC", err)
	}
	t.Log(err)
	wantFiles(t, dir)

	s, err := d.OpenSegment(size, 64<<10, fillNothing, believe)
	must(t, err)
	defer s.Close()
	if err := s.Reserve(0, 8<<20); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want ENOSPC", err)
	}
	must(t, s.Reserve(64<<10, 64<<10))
	must(t, s.Reserve(0, 128<<10)) // again
	for i := range s.Bytes()[:128<<10] {
		s.Bytes()[i] = 1
	}
	if s.Deleted() {
		t.Error("Reserve changed the size")
	}
}

func TestReserveKeepsWhatIsThere(t *testing.T) {
	s := openTest(t, shmDir(t))
	s.Bytes()[5000] = 9
	must(t, s.Reserve(0, testSize))
	if s.Bytes()[5000] != 9 {
		t.Error("the contents were lost")
	}
	var st unix.Stat_t
	must(t, unix.Stat(s.Path(), &st))
	if st.Blocks*512 < testSize {
		t.Errorf("%d bytes are reserved of %d", st.Blocks*512, testSize)
	}
}

// Two users of one group share a namespace; a third is kept out.
func TestGroupIsShared(t *testing.T) {
	needRoot(t)
	parent := shmDir(t)
	must(t, os.Chmod(parent, 0o755))
	dir := filepath.Join(parent, "global")
	must(t, SetupGlobal(dir, nobody))

	outsider := start(t, "group", as(t, 4242, 4242), dir)
	outsider.expect("not for me")
	first := start(t, "group", as(t, 4243, 4243, nobody), dir)
	inode := first.line()
	second := start(t, "group", as(t, 4244, nobody), dir)
	second.expect(inode)
	wantMode(t, filepath.Join(dir, "segment"), 0o660)

	d, err := OpenDir(dir, Access{Group: true, GID: -1}, false)
	must(t, err)
	defer d.Close()
	s, err := d.OpenSegment(testSize, testReserve, wontInit(t), believe)
	must(t, err)
	defer s.Close()
	if got := fmt.Sprint(s.stat.Ino); got != inode {
		t.Errorf("root has inode %s, the others %s", got, inode)
	}
}

func helpGroup(in *bufio.Scanner, args []string) {
	d, err := OpenDir(args[0], Access{Group: true, GID: -1}, false)
	if errors.Is(err, fs.ErrPermission) && strings.Contains(err.Error(), "which user 4242 is not in") {
		fmt.Println("not for me")
		return
	}
	check(err)
	s, err := d.OpenSegment(testSize, testReserve, fillNothing, believe)
	check(err)
	fmt.Println(s.stat.Ino)
	in.Scan()
}

// as makes a helper run as another user. That user may not be able to reach the
// test binary by its path, so it is run from a descriptor.
func as(t *testing.T, uid, gid uint32, groups ...uint32) func(*exec.Cmd) {
	self, err := os.Open("/proc/self/exe")
	must(t, err)
	t.Cleanup(func() { self.Close() })
	return func(cmd *exec.Cmd) {
		cmd.Path = "/proc/self/fd/3"
		cmd.ExtraFiles = []*os.File{self}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: groups}}
	}
}
