package testproc

import (
	"errors"
	"os"
	"path/filepath"
)

// TempDir makes a directory in parent for the time of a test; where the system
// has its temporary files when parent is empty. It is t.TempDir for systems
// where os.RemoveAll may not work: Wine 8 lacks the call that it uses.
func TempDir(t TB, parent string) string {
	t.Helper()
	dir, err := os.MkdirTemp(parent, "ipc-test-*")
	if err != nil {
		t.Fatalf("testproc: %v", err)
	}
	t.Cleanup(func() {
		if err := RemoveAll(dir); err != nil {
			t.Errorf("testproc: remove a test's directory: %v", err)
		}
	})
	return dir
}

// RemoveAll is os.RemoveAll or, where that fails, one os.Remove after the
// other.
func RemoveAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	return removeEach(dir)
}

func removeEach(dir string) error {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		if f.IsDir() {
			err = errors.Join(err, removeEach(path))
		} else {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return errors.Join(err, os.Remove(dir))
}
