//go:build linux

package ipc

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/model"
)

// specified gives the canonical form of a name that is not empty by the
// specification.
func specified(name string) (string, error) {
	w := model.New(time.Time{})
	if _, _, err := w.Create(w.NewProcess(), model.NoOwner, backend.Spec{Kind: backend.Event, Name: name}); err != nil {
		return "", err
	}
	return w.Objects[0].Name, nil
}

func canonical(where scope, base string) string {
	if where == global {
		return globalPrefix + base
	}
	return base
}

// FuzzNames: a name is refused exactly when the specification refuses it, and
// is the same object as its canonical form; what the table of names keeps is
// what was given to it.
func FuzzNames(f *testing.F) {
	for _, name := range []string{
		"x", "ä", " ", "/", "a:b", `Local\x`, `Global\x`, `Local\Global\x`, `Local\`, `local\x`, `a\b`, `\`,
		"a\x00b", "a\xffb", "\x1b[0m", strings.Repeat("x", 1024), strings.Repeat("x", 1025),
		`Local\` + strings.Repeat("x", 1024), strings.Repeat("ä", 512), strings.Repeat("y", 56), strings.Repeat("z", 57),
	} {
		f.Add(name)
	}
	n := fuzzNamespace(f)
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" {
			t.Skip("anonymous")
		}
		where, base, err := splitName(name)
		want, refusal := specified(name)
		if (err == nil) != (refusal == nil) || err == nil && canonical(where, base) != want {
			t.Fatalf("%q is %q, %v; specified is %q, %v", name, canonical(where, base), err, want, refusal)
		}
		if err != nil {
			if !errors.Is(err, ErrInvalidName) {
				t.Fatalf("%q: %v", name, err)
			}
			return
		}
		if base == "" || len(base) > backend.MaxName || strings.ContainsAny(base, "\\\x00") || !utf8.ValidString(base) {
			t.Fatalf("%q became %q", name, base)
		}
		if w, b, err := splitName(want); w != where || b != base || err != nil {
			t.Fatalf("%q is %q, which is %q, %v", name, want, canonical(w, b), err)
		}
		keepName(t, n, base)
	})
}

func fuzzNamespace(f *testing.F) *Namespace {
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		f.Fatal(err)
	}
	n, err := OpenNamespace(dir, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		n.Close()
		os.RemoveAll(dir)
	})
	return n
}

// keepName gives an object a name, looks for it, and lets it go.
func keepName(t *testing.T, n *Namespace, name string) {
	made, err := n.CreateEvent(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, err := n.OpenEvent(localPrefix + name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := n.Objects()
	if err != nil || len(list) != 1 || list[0].Name != name || list[0].Handles != 2 {
		t.Fatalf("created %q, listed %+v, %v", name, list, err)
	}
	found.Close()
	made.Close()
	if _, err := n.OpenEvent(name); !errors.Is(err, ErrNotExist) {
		t.Fatalf("open what is gone: %v", err)
	}
}
