//go:build linux

package ipc_test

import (
	"errors"
	"testing"

	"github.com/winsys-go/ipc"
)

// TestMailslotMemory: memory is taken as the queue fills, given back when it
// has been emptied, and what little is left serves what is sent in turn.
func TestMailslotMemory(t *testing.T) {
	const little, backlog, size = 128 << 10, 10 << 20, 10_000
	n := ownNamespace(t)
	slot, w := must(n.CreateMailslot("slot", nil)), must(n.OpenMailslot("slot"))
	memory := func(what string, least, most int64) {
		t.Helper()
		if got := blocksOf(ringOf(n)); got < least || got > most {
			t.Errorf("%s: %d bytes of memory, want %d to %d", what, got, least, most)
		}
	}
	message := make([]byte, size)
	turn := func() {
		t.Helper()
		if err := w.TryPut(message); err != nil {
			t.Fatal(err)
		}
		if _, err := slot.TryGetInto(message); err != nil {
			t.Fatal(err)
		}
	}
	memory("at first", 4096, little)
	for range 10_000 {
		turn()
	}
	memory("after messages one at a time", 4096, little)
	for range 3 {
		for range backlog / size {
			if err := w.TryPut(message); err != nil {
				t.Fatal(err)
			}
		}
		memory("with a backlog", backlog-size, 16<<20)
		for range backlog / size {
			if _, err := slot.TryGetInto(message); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := slot.TryGet(); !errors.Is(err, ipc.ErrMailslotEmpty) {
			t.Fatal(err)
		}
		memory("after it", 4096, 1<<20)
	}
	turn()
	memory("after one more", 4096, 1<<20)
}
