//go:build linux

package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("full-for-mailslots", fullForMailslots)
	testproc.Register("full-for-messages", fullForMessages)
}

// fullForMailslots creates mailslots until there is no room for another.
func fullForMailslots(c *testproc.Child) {
	d := newDisk(c, c.Args[0], "size=2m")
	a, b := openTwice(c)
	first := must(a.CreateMailslot("first", nil))
	w := must(b.OpenMailslot("first"))
	before := must(os.ReadDir(a.Dir()))
	objects := len(must(b.Objects()))
	d.fill()
	for pages := range int64(16) { // a mailslot has 16 pages from the beginning
		_, err := a.CreateMailslot("second", nil)
		wantFull(c, "create", err, a.Dir(), "create mailslot")
		_, err = b.OpenMailslot("second")
		wantError(c, "open what could not be created", err, ipc.ErrNotExist)
		if files := must(os.ReadDir(a.Dir())); len(files) != len(before) {
			c.Fatalf("with %d pages left, %v remains", pages, files)
		}
		if list := must(b.Objects()); len(list) != objects {
			c.Fatalf("%d objects are listed, want %d", len(list), objects)
		}
		d.free(1)
	}
	wantNothing(c, "put", w.TryPut([]byte("goes on")))
	if message, err := first.TryGet(); string(message) != "goes on" || err != nil {
		c.Fatalf("%q, %v", message, err)
	}
	d.free(2)
	must(must(a.CreateMailslot("second", nil)), nil).Close()
	c.Sayf("fine")
	c.Line()
}

// fullForMessages sends until there is no memory for another message.
func fullForMessages(c *testproc.Child) {
	d := newDisk(c, c.Args[0], "size=4m")
	a, b := openTwice(c)
	slot := must(a.CreateMailslot("slot", nil))
	w := must(b.OpenMailslot("slot"))
	d.fill()
	message := func(k int) []byte { return bytes.Repeat([]byte{byte(k)}, 5000) }
	sent := 0
	// send sends until there is no memory, and never for want of room.
	send := func() {
		for {
			err := w.Put(context.Background(), message(sent))
			if err == nil {
				sent++
				continue
			}
			wantFull(c, "put", err, a.Dir(), "write mailslot", `"slot"`)
			return
		}
	}
	received := 0
	receive := func(count int) {
		for range count {
			got, err := slot.TryGet()
			if err != nil || !bytes.Equal(got, message(received)) {
				c.Fatalf("message %d: %d bytes, %v", received, len(got), err)
			}
			received++
		}
	}
	send()
	if sent == 0 {
		c.Fatalf("not even the first message could be sent")
	}
	wantError(c, "try", w.TryPut(message(0)), ipc.ErrNoSpace, "write mailslot")
	d.free(100)
	before := sent
	send()
	if sent <= before {
		c.Fatalf("no message more was sent with room again")
	}
	// The reader makes room, though nobody frees memory: the queue is empty then
	// and begins at the beginning.
	receive(sent)
	if _, err := slot.TryGet(); !errors.Is(err, ipc.ErrMailslotEmpty) {
		c.Fatalf("a message too many, or %v", err)
	}
	before = sent
	send()
	if sent < 2*before-1 {
		c.Fatalf("%d messages in the memory of %d", sent-before, before)
	}
	receive(sent - received)
	c.Sayf("fine")
	c.Line()
}

// blocksOf is the memory of a file, in bytes.
func blocksOf(path string) int64 {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		panic(err)
	}
	return st.Blocks * 512
}

// ringOf is the file of the first mailslot of a namespace.
func ringOf(n *ipc.Namespace) string { return filepath.Join(n.Dir(), "mailslot-1") }
