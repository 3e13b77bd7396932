package nt

import (
	"errors"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// TestRemove: there is nothing to remove, but what there is, is told.
func TestRemove(t *testing.T) {
	n := space(t)
	event(t, n, backend.Spec{Name: "event"})
	_, p, err := n.full("memory")
	if err != nil {
		t.Fatal(err)
	}
	memory, err := windows.CreateFileMapping(windows.InvalidHandle, nil, windows.PAGE_READWRITE, 0, 4096, p)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(memory)
	for name, want := range map[string]error{"event": nil, "nothing": backend.ErrNotExist, "memory": backend.ErrWrongType} {
		if err := n.Remove(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}
