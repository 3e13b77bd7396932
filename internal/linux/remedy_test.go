//go:build linux

package linux

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

// What is not a namespace's is left as it is, also when its mode alone is in the
// way.
func TestOpenDirLeavesOthersClosed(t *testing.T) {
	path := filepath.Join(shmDir(t), "ns")
	must(t, withFile(makeDirMode(0o500), "letter")(path))
	_, err := OpenDir(path, Access{}, true)
	wantRefusal(t, err, path, "is closed to its owner (mode 0500, not 0700): "+anotherDir)
	wantMode(t, path, 0o500)
}

// A group's namespace stays the group's: whoever forgot to name the group is told
// its name, and not to close it to the others.
func TestShared(t *testing.T) {
	group := groupName(uint32(os.Getegid()))
	says := "is shared with group " + group + ": open it with that group (--group " + group + ", NamespaceOptions.Group)"
	segment := func(dir string) error { return makeSized(testSize, groupMode)(filepath.Join(dir, segmentName)) }
	for name, make := range map[string]func(string) error{
		"new":         makeDirMode(0o2770),
		"in use":      then(makeDirMode(0o2770), segment),
		"not set-gid": then(makeDirMode(0o770), segment),
		"odd segment": makeNamespace(0o2770),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(shmDir(t), "ns")
			must(t, make(path))
			_, err := OpenDir(path, Access{}, true)
			wantRefusal(t, err, path, says)
		})
	}
	t.Run("closed meanwhile", func(t *testing.T) {
		dir := shmDir(t)
		must(t, segment(dir))
		_, err := openDir(t, dir).OpenSegment(testSize, 0, wontInit(t), believe)
		wantRefusal(t, err, filepath.Join(dir, segmentName), says)
	})
	t.Run("with other files", func(t *testing.T) {
		path := filepath.Join(shmDir(t), "ns")
		must(t, withFile(makeDirMode(0o2770), "letter")(path))
		_, err := OpenDir(path, Access{}, true)
		wantRefusal(t, err, path, anotherDir)
	})
}

// It is so for a member of the group who did not make it, too.
func TestSharedByAnother(t *testing.T) {
	needRoot(t)
	path := filepath.Join(shmDir(t), "ns")
	must(t, owned(makeDirMode(0o2770), nobody, 54400)(path))
	_, err := OpenDir(path, Access{}, true)
	wantRefusal(t, err, path, "is shared with group 54400: ")
}

// Where nothing but a namespace belongs, whatever else is there is to go.
func TestOwnPlace(t *testing.T) {
	before := GlobalDir
	t.Cleanup(func() { GlobalDir = before })
	GlobalDir = filepath.Join(shmDir(t), "global")
	must(t, makeFile(GlobalDir))
	_, err := OpenDir(GlobalDir, Access{Group: true, GID: -1}, false)
	wantRefusal(t, err, GlobalDir, "is a regular file, not a directory: remove it")
	must(t, os.Remove(GlobalDir))
	must(t, withFile(makeDirMode(0o755), "letter")(GlobalDir))
	_, err = OpenDir(GlobalDir, Access{}, false)
	wantRefusal(t, err, GlobalDir, "run chmod 700 "+GlobalDir)
}

// A file that may be anybody's is not to be removed without a thought.
func TestDamagedAmongOthers(t *testing.T) {
	for _, size := range []int64{5, testSize + 1} {
		dir := shmDir(t)
		must(t, makeSized(size, 0o600)(filepath.Join(dir, "segment")))
		_, err := openDir(t, dir).OpenSegment(testSize, 0, wontInit(t), believe)
		wantText(t, err, "if nobody needs it, end the programs that use it and remove it")
		must(t, makeFile(filepath.Join(dir, "letter")))
		_, err = openDir(t, dir).OpenSegment(testSize, 0, wontInit(t), believe)
		wantText(t, err, anotherDir)
	}
}

// Neither is one that its bytes show to be something else.
func TestNoiseAmongOthers(t *testing.T) {
	dir := shmDir(t)
	path := filepath.Join(dir, segmentName)
	must(t, makeSized(testSize, 0o600)(path))
	noise := fmt.Errorf("%w: no segment", backend.ErrCorrupt)
	open := func() string {
		_, err := openDir(t, dir).OpenSegment(testSize, 0, wontInit(t), func([]byte) error { return noise })
		if !errors.Is(err, backend.ErrCorrupt) {
			t.Fatalf("%v, want ErrCorrupt", err)
		}
		return err.Error()
	}
	says := path + ": the namespace is damaged: no segment: "
	if got, want := open(), says+"give another directory or, if nobody needs it, end the programs that use it and remove it"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	must(t, makeFile(filepath.Join(dir, "letter")))
	if got, want := open(), says+anotherDir; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOwnNames(t *testing.T) {
	for name, own := range map[string]bool{
		"segment": true, ".segment.0123456789abcdef": true, "mailslot-17": true,
		"card.p": true, "pipe.p": true, "wait.p": true,
		"segments": false, ".segment": false, "mailslot-": false, "mailslot-1.txt": false, "card": false, "letter": false,
	} {
		if ownNames.MatchString(name) != own {
			t.Errorf("%q: want %v", name, own)
		}
	}
}

func wantText(t *testing.T, err error, says string) {
	t.Helper()
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want ErrDamaged that says %q", err, says)
	}
}

// makeNamespace makes a directory with a segment in it.
func makeNamespace(mode uint32) func(string) error {
	return withFile(makeDirMode(mode), segmentName)
}

func withFile(make func(string) error, name string) func(string) error {
	return func(path string) error { return errors.Join(make(path), makeFile(filepath.Join(path, name))) }
}

func then(steps ...func(string) error) func(string) error {
	return func(path string) (err error) {
		for _, step := range steps {
			err = errors.Join(err, step(path))
		}
		return err
	}
}

func withFileBeside(make func(string) error) func(string) error {
	return func(path string) error { return errors.Join(make(path), makeFile(path+".other")) }
}
