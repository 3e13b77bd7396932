//go:build linux

package shm

import (
	"testing"

	"github.com/winsys-go/ipc/internal/linux"
)

// TestCommandFits: a slot has room for every command name, so that none is cut in the
// middle of a character.
func TestCommandFits(t *testing.T) {
	if room := len(slotRecord{}.command) - 1; linux.MaxCommand != room {
		t.Errorf("names of up to %d bytes, and room for %d", linux.MaxCommand, room)
	}
}
