//go:build linux

package linux

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func openDir(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := OpenDir(path, Access{}, false)
	must(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

func TestSegmentIsSharedAndKept(t *testing.T) {
	dir := shmDir(t)
	d := openDir(t, dir)
	a, err := d.OpenSegment(testSize, testReserve, func(mem []byte) error {
		if len(mem) != testSize {
			t.Errorf("init sees %d bytes", len(mem))
		}
		copy(mem, "made once")
		return nil
	}, func([]byte) error {
		t.Error("a new segment was checked")
		return nil
	})
	must(t, err)
	b, err := d.OpenSegment(testSize, testReserve, func([]byte) error {
		t.Error("made again")
		return nil
	}, func(head []byte) error {
		if len(head) != headSize || !strings.HasPrefix(string(head), "made once") {
			t.Errorf("check sees %d bytes, %q…", len(head), head[:9])
		}
		head[0] = '?' // a copy
		return nil
	})
	must(t, err)
	a.Bytes()[testSize-1] = 42
	if b.Bytes()[testSize-1] != 42 || b.Bytes()[0] != 'm' {
		t.Error("the two do not share memory")
	}
	if a.Path() != filepath.Join(dir, "segment") {
		t.Errorf("Path() = %s", a.Path())
	}
	wantMode(t, a.Path(), 0o600)
	must(t, a.Close())
	must(t, a.Close())
	if a.Bytes() != nil {
		t.Error("closed, and still has bytes")
	}
	if b.Deleted() {
		t.Error("deleted by a close")
	}
	must(t, b.Close())
	wantFiles(t, dir, "segment")
}

func TestSegmentRefuses(t *testing.T) {
	cases := []struct {
		name string
		root bool
		make func(path string) error
		says string
	}{
		{"symbolic link", false, func(path string) error {
			return errors.Join(os.WriteFile(path+".target", make([]byte, testSize), 0o600), os.Symlink(path+".target", path))
		}, "is a symbolic link, not a regular file: " + anotherDir},
		{"dangling link", false, func(path string) error { return os.Symlink("nowhere", path) }, "is a symbolic link"},
		{"hard link", false, func(path string) error {
			return errors.Join(os.WriteFile(path, make([]byte, testSize), 0o600), os.Link(path, path+".other"))
		}, "has 2 hard links"},
		{"FIFO", false, makeFIFO, "is a FIFO, not a regular file: give another directory or, if nobody needs it, remove it"},
		{"socket", false, makeSocket, "is a socket, not a regular file"},
		{"directory", false, makeDirMode(0o700), "is a directory, not a regular file"},
		{"device", true, func(path string) error { return unix.Mknod(path, unix.S_IFCHR|0o600, 0x103) }, "is a device, not a regular file"},
		{"mode 0644", false, makeSized(testSize, 0o644), "has mode 0644 instead of 0600: run chmod 600 "},
		{"mode 0644, among others", false, withFileBeside(makeSized(testSize, 0o644)), "has mode 0644 instead of 0600: " + anotherDir},
		{"mode 4600", false, makeSized(testSize, 0o4600), "has mode 4600"},
		{"other owner", true, owned(makeSized(testSize, 0o600), nobody, 0), "belongs to user 65534, not to user 0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.root {
				needRoot(t)
			}
			dir := shmDir(t)
			path := filepath.Join(dir, "segment")
			must(t, c.make(path))
			_, err := openDir(t, dir).OpenSegment(testSize, 0, wontInit(t), wontCheck(t))
			wantRefusal(t, err, path, c.says)
			if _, err := os.Lstat(path); err != nil {
				t.Errorf("it was removed: %v", err)
			}
		})
	}
}

func TestSegmentOfAnotherSizeIsDamaged(t *testing.T) {
	for _, size := range []int64{0, 100, headSize, testSize - 1, testSize + 1} {
		dir := shmDir(t)
		path := filepath.Join(dir, "segment")
		must(t, makeSized(size, 0o600)(path))
		_, err := openDir(t, dir).OpenSegment(testSize, 0, wontInit(t), believe)
		if !errors.Is(err, ErrDamaged) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%d bytes: %v, want ErrDamaged", size, err)
		}
		t.Log(err)
	}
}

// What check says of another version comes before its other size.
func TestSegmentCheckComesFirst(t *testing.T) {
	dir := shmDir(t)
	must(t, makeSized(2*testSize, 0o600)(filepath.Join(dir, "segment")))
	version := errors.New("another version")
	_, err := openDir(t, dir).OpenSegment(testSize, 0, wontInit(t), func([]byte) error { return version })
	if err != version {
		t.Errorf("%v, want what check said", err)
	}
}

func TestStaleSegmentIsReplaced(t *testing.T) {
	dir := shmDir(t)
	must(t, makeSized(2*testSize, 0o600)(filepath.Join(dir, "segment")))
	s, err := openDir(t, dir).OpenSegment(testSize, 0, func(mem []byte) error {
		mem[0] = 1
		return nil
	}, staleUnless(1))
	must(t, err)
	defer s.Close()
	if s.Deleted() || s.Bytes()[0] != 1 {
		t.Error("the new segment is not the one that the path leads to")
	}
	wantFiles(t, dir, "segment")
}

func TestSegmentOfAGroup(t *testing.T) {
	dir := filepath.Join(shmDir(t), "ns")
	a := Access{Group: true, GID: os.Getegid()}
	d, err := OpenDir(dir, a, true)
	must(t, err)
	defer d.Close()
	s, err := d.OpenSegment(testSize, 0, fillNothing, wontCheck(t))
	must(t, err)
	must(t, s.Close())
	wantMode(t, s.Path(), 0o660)
	must(t, os.Chmod(s.Path(), 0o600))
	_, err = d.OpenSegment(testSize, 0, wontInit(t), wontCheck(t))
	wantRefusal(t, err, s.Path(), "run chmod 660 ")
	if os.Geteuid() == 0 {
		must(t, owned(func(string) error { return nil }, 0, nobody)(s.Path()))
		_, err = d.OpenSegment(testSize, 0, wontInit(t), wontCheck(t))
		wantRefusal(t, err, s.Path(), "belongs to group 65534")
	}
}

func TestDeleted(t *testing.T) {
	ways := map[string]func(dir, path string) error{
		"removed":           func(_, path string) error { return os.Remove(path) },
		"directory removed": func(dir, _ string) error { return os.RemoveAll(dir) },
		"directory moved":   func(dir, _ string) error { return os.Rename(dir, dir+".old") },
		"renamed":           func(_, path string) error { return os.Rename(path, path+".old") },
		"truncated":         func(_, path string) error { return os.Truncate(path, 0) },
		"extended":          func(_, path string) error { return os.Truncate(path, 2*testSize) },
		"replaced": func(_, path string) error {
			return errors.Join(makeSized(testSize, 0o600)(path+".new"), os.Rename(path+".new", path))
		},
	}
	for name, remove := range ways {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(shmDir(t), "ns")
			s := openTest(t, dir)
			if s.Deleted() {
				t.Error("deleted before it was")
			}
			must(t, remove(dir, s.Path()))
			if !s.Deleted() {
				t.Error("not noticed")
			}
		})
	}
}

func TestBootID(t *testing.T) {
	first, err := BootID()
	must(t, err)
	again, err := BootID()
	must(t, err)
	if first == ([16]byte{}) || first != again {
		t.Errorf("BootID() = %x, then %x", first, again)
	}
}

func makeSized(size int64, mode uint32) func(string) error {
	return func(path string) error {
		return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, size), unix.Chmod(path, mode))
	}
}

func makeSocket(path string) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	return errors.Join(l.Close(), os.Chmod(path, fs.FileMode(0o600)))
}

func wontInit(t *testing.T) func([]byte) error {
	return func([]byte) error {
		t.Error("a segment was made")
		return nil
	}
}

func wontCheck(t *testing.T) func([]byte) error {
	return func([]byte) error {
		t.Error("its contents were looked at")
		return nil
	}
}

// staleUnless takes a segment for stale that does not begin with b.
func staleUnless(b byte) func([]byte) error {
	return func(head []byte) error {
		if head[0] != b {
			return ErrStale
		}
		return nil
	}
}
