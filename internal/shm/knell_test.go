//go:build linux

package shm

import (
	"testing"
	"unsafe"

	"github.com/winsys-go/ipc/internal/linux"
)

// The kernel finds the knells of a slot where the engine has them.
func TestKnells(t *testing.T) {
	var r slotRecord
	if watched != linux.Knells {
		t.Errorf("%d watchers, and %d knells are marked", watched, linux.Knells)
	}
	for k := range watched {
		at := uintptr(unsafe.Pointer(r.knell(k))) - uintptr(unsafe.Pointer(&r.alive))
		if at != uintptr(k*linux.KnellStride) {
			t.Errorf("knell %d is at %d", k, at)
		}
	}
}
