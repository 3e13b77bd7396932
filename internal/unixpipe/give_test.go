//go:build linux

package unixpipe

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// TestGiveInUse: a connection of bytes that is being read from, or written to,
// stays, and who asks for it does not wait for that to end.
func TestGiveInUse(t *testing.T) {
	t.Cleanup(SetOffer(1 << 30))
	client, server := connect(t, backend.PipeSpec{})
	word := []byte("word")
	must(client.Write(word))
	must(io.ReadFull(server, word))
	read, written := make(chan error), make(chan error)
	go func() {
		_, err := server.Read(word)
		read <- err
	}()
	for server.incoming.mu.TryLock() { // until it is being read from
		server.incoming.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	if _, _, _, err := server.Give(); !errors.Is(err, errInUse) {
		t.Errorf("while it is being read from: %v", err)
	}
	must(client.Write([]byte("more")))
	must(0, <-read)

	long := make([]byte, 1<<20)
	go func() {
		_, err := server.Write(make([]byte, len(long))) // more than the kernel takes
		written <- err
	}()
	must(io.ReadFull(client, long[:1])) // it is being written to
	if _, _, _, err := server.Give(); !errors.Is(err, errInUse) {
		t.Errorf("while it is being written to: %v", err)
	}
	must(io.ReadFull(client, long[1:]))
	must(0, <-written)
	_, _, undo, err := server.Give()
	must(0, err)
	undo()
}
