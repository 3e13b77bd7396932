//go:build linux

package unixpipe

import (
	"errors"
	"io"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/testproc"
)

// short lets the kernel have no memory for so many wake-ups, and checks that they
// were tried.
func short(t *testing.T, wakes int32) {
	t.Helper()
	kernelShort.Store(wakes)
	t.Cleanup(func() {
		if left := kernelShort.Swap(0); left > 0 {
			t.Errorf("%d wake-ups were not tried", left)
		}
	})
}

// asleep returns when somebody has said, in a word of a ring, that it sleeps, and has
// come to do so in a function: before that it may yet find what makes it go on.
func asleep(word *atomic.Uint64, function string) {
	for word.Load() == 0 || !testproc.InPoller("unixpipe."+function) {
		time.Sleep(time.Millisecond)
	}
}

// soon gives what comes, or gives up.
func soon[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nobody was woken")
		panic("not reached")
	}
}

// TestReaderIsWokenLater: a reader that sleeps gets what was written, though the
// kernel has no memory to wake it at first. To the writer that is nothing.
func TestReaderIsWokenLater(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	warm(t, client, server, 100)
	read := make(chan string)
	go func() {
		b := make([]byte, 10)
		n, _ := server.Read(b)
		read <- string(b[:n])
	}()
	asleep(client.outgoing.ring.sleeping, "(*inflow).read")
	short(t, 3)
	if n, err := client.Write([]byte("at last")); n != 7 || err != nil {
		t.Errorf("the write: %d bytes, %v", n, err)
	}
	if got := soon(t, read); got != "at last" {
		t.Errorf("read %q", got)
	}
}

// TestWriterIsWokenLater: the same for a writer that waits for room, while its
// reader has read all there is and waits in turn.
func TestWriterIsWokenLater(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	warm(t, client, server, 100)
	const size = 3 * ringBytes
	wrote, read := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := client.Write(make([]byte, size))
		wrote <- err
	}()
	asleep(client.outgoing.ring.wanted, "(*outflow).await")
	short(t, 3)
	go func() {
		_, err := io.ReadFull(server, make([]byte, size))
		read <- err
	}()
	if err := errors.Join(soon(t, wrote), soon(t, read)); err != nil {
		t.Error(err)
	}
}

// TestEndsAreToldLater: a writer that waits for room learns that its reader has
// left, though that cannot be rung for at first.
func TestEndsAreToldLater(t *testing.T) {
	force(t)
	client, server := connect(t, backend.PipeSpec{})
	warm(t, client, server, 100)
	wrote := make(chan error, 1)
	go func() {
		_, err := client.Write(make([]byte, 2*ringBytes))
		wrote <- err
	}()
	asleep(client.outgoing.ring.wanted, "(*outflow).await")
	short(t, 3)
	server.Close()
	if err := soon(t, wrote); !errors.Is(err, backend.ErrBrokenPipe) {
		t.Error(err)
	}
}

// TestWaker: one attempt after another, and no more once one has succeeded or
// failed for good; what fails meanwhile needs none of its own.
func TestWaker(t *testing.T) {
	for _, end := range []error{nil, syscall.EPIPE} {
		ended := make(chan int32, 10)
		var tries atomic.Int32
		var w waker
		w.send = func() error {
			n := tries.Add(1)
			if n < 4 {
				w.later() // somebody else fails at the same time
				return syscall.ENOMEM
			}
			ended <- n
			return end
		}
		w.later() // once: another could come when that is over
		if n := soon(t, ended); n < 4 {
			t.Errorf("%v: %d attempts", end, n)
		}
		if w.owed.Load() {
			t.Errorf("%v: another attempt is to come", end)
		}
	}
}
