//go:build linux

package linux

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const nobody = 65534 // a user and a group

func TestUserDirIsTheEffectiveUsers(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/elsewhere")
	t.Setenv("HOME", "/elsewhere")
	if got, want := UserDir(), fmt.Sprintf("/dev/shm/ipc-%d", os.Geteuid()); got != want {
		t.Errorf("UserDir() = %s, want %s", got, want)
	}
}

func TestOpenDirCreates(t *testing.T) {
	path := filepath.Join(shmDir(t), "ns")
	if _, err := OpenDir(path, Access{}, false); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("without create: %v, want ErrNotExist", err)
	}
	for range 2 {
		d, err := OpenDir(path, Access{}, true)
		must(t, err)
		if d.Path() != path {
			t.Errorf("Path() = %s, want %s", d.Path(), path)
		}
		must(t, d.Close())
		must(t, d.Close())
	}
	wantMode(t, path, 0o700)
}

func TestOpenDirMakesThePathAbsolute(t *testing.T) {
	parent := shmDir(t)
	t.Chdir(parent)
	d, err := OpenDir("ns", Access{}, true)
	must(t, err)
	defer d.Close()
	if want := filepath.Join(parent, "ns"); d.Path() != want {
		t.Errorf("Path() = %s, want %s", d.Path(), want)
	}
}

func TestOpenDirCreatesForAGroup(t *testing.T) {
	parent := shmDir(t)
	path := filepath.Join(parent, "ns")
	a := Access{Group: true, GID: os.Getegid()}
	for range 2 {
		d, err := OpenDir(path, a, true)
		must(t, err)
		if d.Access() != a {
			t.Errorf("Access() = %v, want %v", d.Access(), a)
		}
		must(t, d.Close())
	}
	wantMode(t, path, 0o2770)
	wantFiles(t, parent, "ns")
	if _, err := OpenDir(filepath.Join(parent, "other"), Access{Group: true, GID: -1}, true); err == nil {
		t.Error("a group directory was made for no group")
	}
}

// Whatever is wrong is refused, with a text that says what to do.
func TestOpenDirRefuses(t *testing.T) {
	group := Access{Group: true, GID: os.Getegid()}
	cases := []struct {
		name   string
		access Access
		root   bool
		make   func(path string) error
		says   string
	}{
		{"mode 0755", Access{}, false, makeDirMode(0o755), "is open to others (mode 0755, not 0700): " + anotherDir},
		{"mode 0710", Access{}, false, makeDirMode(0o710), "mode 0710"},
		{"mode 0770", Access{}, false, makeNamespace(0o770), "is open to others (mode 0770, not 0700): run chmod 700 "},
		{"other owner", Access{}, true, owned(makeDirMode(0o700), nobody, 0), "belongs to user 65534, not to user 0 who would use it: give another directory"},
		{"symbolic link", Access{}, false, linkToDir, "is a symbolic link, not a directory: give another directory"},
		{"file", Access{}, false, makeFile, "is a regular file, not a directory: give another directory"},
		{"FIFO", Access{}, false, makeFIFO, "is a FIFO, not a directory"},
		{"other files", Access{}, false, withFile(makeNamespace(0o755), "letter"), anotherDir},
		{"group, open to all", group, false, makeDirMode(0o2775), "is open to others (mode 2775, not 2770): " + anotherDir},
		{"group, namespace, open to all", group, false, makeNamespace(0o2775), "is open to others (mode 2775, not 2770): run chmod 2770 "},
		{"group, closed", group, false, makeDirMode(0o700), "is closed to its group (mode 0700, not 2770)"},
		{"group, read only", group, false, makeDirMode(0o750), "is closed to its group"},
		{"other group", Access{Group: true, GID: 77}, true, owned(makeDirMode(0o2770), 0, nobody), "belongs to group 65534, not to group 77: open it for that group"},
		{"any group, not root's", Access{Group: true, GID: -1}, true, owned(makeDirMode(0o2770), nobody, nobody), "not to root"},
		{"group, symbolic link", group, false, linkToDir, "is a symbolic link"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.root {
				needRoot(t)
			}
			path := filepath.Join(shmDir(t), "ns")
			must(t, c.make(path))
			d, err := OpenDir(path, c.access, true)
			if err == nil {
				d.Close()
			}
			wantRefusal(t, err, path, c.says)
		})
	}
}

func TestOpenDirRefusesAParentThatAllMayWrite(t *testing.T) {
	parent := shmDir(t)
	path := filepath.Join(parent, "ns")
	must(t, os.Chmod(parent, 0o777))
	_, err := OpenDir(path, Access{}, true)
	wantRefusal(t, err, parent, "give one whose parent is sticky")
	wantFiles(t, parent)

	must(t, os.Chmod(parent, 0o777|fs.ModeSticky))
	d, err := OpenDir(path, Access{}, true)
	must(t, err)
	d.Close()
}

func TestOpenDirOfAMissingParent(t *testing.T) {
	path := filepath.Join(shmDir(t), "missing", "ns")
	if _, err := OpenDir(path, Access{}, true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want ErrNotExist", err)
	}
}

func TestOpenDirMendsAModeThatShutsOutItsOwner(t *testing.T) {
	path := filepath.Join(shmDir(t), "ns")
	must(t, os.Mkdir(path, 0))
	must(t, os.Chmod(path, 0))
	d, err := OpenDir(path, Access{}, false)
	must(t, err)
	d.Close()
	wantMode(t, path, 0o700)
}

func TestOpenDirNeverCreatesGlobal(t *testing.T) {
	before := GlobalDir
	t.Cleanup(func() { GlobalDir = before })
	GlobalDir = filepath.Join(shmDir(t), "global")
	_, err := OpenDir(GlobalDir, Access{Group: true, GID: -1}, true)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "ipc setup global") {
		t.Errorf("%v, want ErrNotExist that names the command", err)
	}
	wantFiles(t, filepath.Dir(GlobalDir))
}

func TestSetupGlobal(t *testing.T) {
	needRoot(t)
	parent := shmDir(t)
	path := filepath.Join(parent, "global")
	must(t, SetupGlobal(path, 77))
	must(t, SetupGlobal(path, nobody)) // the last word counts
	wantMode(t, path, 0o2770)
	wantFiles(t, parent, "global")
	d, err := OpenDir(path, Access{Group: true, GID: -1}, false)
	must(t, err)
	defer d.Close()
	if got, want := d.Access(), (Access{Group: true, GID: nobody}); got != want {
		t.Errorf("Access() = %v, want %v", got, want)
	}

	link := filepath.Join(parent, "link")
	must(t, os.Symlink(path, link))
	wantRefusal(t, SetupGlobal(link, nobody), link, "is a symbolic link")
}

func makeDirMode(mode uint32) func(string) error {
	return func(path string) error {
		return errors.Join(unix.Mkdir(path, mode), unix.Chmod(path, mode))
	}
}

func owned(make func(string) error, uid, gid int) func(string) error {
	return func(path string) error {
		var st unix.Stat_t
		err := errors.Join(make(path), unix.Lstat(path, &st), unix.Lchown(path, uid, gid))
		return errors.Join(err, unix.Chmod(path, st.Mode&0o7777)) // chown takes bits away
	}
}

func linkToDir(path string) error {
	return errors.Join(os.Mkdir(path+".target", 0o700), os.Symlink(path+".target", path))
}

func makeFile(path string) error { return os.WriteFile(path, nil, 0o600) }
func makeFIFO(path string) error { return unix.Mkfifo(path, 0o600) }

func wantRefusal(t *testing.T, err error, path, says string) {
	t.Helper()
	if !errors.Is(err, fs.ErrPermission) {
		t.Fatalf("error is %v, want one that wraps ErrPermission", err)
	}
	if text := err.Error(); !strings.HasPrefix(text, path) || !strings.Contains(text, says) {
		t.Errorf("the text is %q, want one that begins with %s and says %q", text, path, says)
	}
}

func wantMode(t *testing.T, path string, want uint32) {
	t.Helper()
	var st syscall.Stat_t
	must(t, syscall.Lstat(path, &st))
	if got := st.Mode & 0o7777; got != want {
		t.Errorf("%s has mode %04o, want %04o", path, got, want)
	}
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s contains %q, want %q", dir, got, want)
	}
}
