package testproc

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRemoveEach: what os.RemoveAll cannot remove goes one by one.
func TestRemoveEach(t *testing.T) {
	for name, remove := range map[string]func(string) error{"all": RemoveAll, "each": removeEach} {
		dir := TempDir(t, "")
		deep := filepath.Join(dir, "top", "a", "b")
		if err := os.MkdirAll(deep, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{filepath.Join(deep, "file"), filepath.Join(dir, "top", "file")} {
			if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := remove(filepath.Join(dir, "top")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: left are %v (%v)", name, left, err)
		}
	}
}
