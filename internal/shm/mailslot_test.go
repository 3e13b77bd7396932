//go:build linux && !ipcseam

package shm

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// slotPair makes a mailslot and a writer of it, each in an attachment of its own.
func slotPair(t testing.TB, spec backend.MailslotSpec) (*Mailslot, *MailslotWriter) {
	t.Helper()
	dir := testDir(t)
	r, w := attachTo(t, dir), attachTo(t, dir)
	var m Mailslot
	if spec.Name == "" {
		spec.Name = "slot"
	}
	if spec.Queue == 0 {
		spec.Queue = backend.DefaultQueue
	}
	if err := r.CreateMailslot(&m, &spec); err != nil {
		t.Fatal(err)
	}
	var s MailslotWriter
	if err := w.OpenMailslot(&s, spec.Name); err != nil {
		t.Fatal(err)
	}
	return &m, &s
}

func TestMailslot(t *testing.T) {
	ctx := context.Background()
	m, w := slotPair(t, backend.MailslotSpec{Queue: 4096})
	for round := range 100 {
		var sent [][]byte
		for k := range 5 {
			msg := bytes.Repeat([]byte{byte(round + k)}, rand.IntN(700))
			sent = append(sent, msg)
			if err := w.Put(ctx, msg); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := m.Len(); n != len(sent) || err != nil {
			t.Fatalf("%d messages, %v", n, err)
		}
		for _, want := range sent {
			got, err := m.Get(ctx)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("got %d bytes, %v; want %d", len(got), err, len(want))
			}
		}
	}
	if _, err := m.TryGet(); err != backend.ErrMailslotEmpty {
		t.Error(err)
	}
}

func TestMailslotBlocks(t *testing.T) {
	ctx := context.Background()
	m, w := slotPair(t, backend.MailslotSpec{Queue: 4096})
	const count = 20000
	var g sync.WaitGroup
	g.Go(func() {
		for i := range count {
			msg := make([]byte, 8+i%500)
			binary.LittleEndian.PutUint64(msg, uint64(i))
			if err := w.Put(ctx, msg); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range count {
		msg, err := m.Get(ctx)
		if err != nil || len(msg) != 8+i%500 || binary.LittleEndian.Uint64(msg) != uint64(i) {
			t.Fatalf("message %d: %d bytes, %v", i, len(msg), err)
		}
	}
	g.Wait()
}

func TestMailslotFull(t *testing.T) {
	m, w := slotPair(t, backend.MailslotSpec{Queue: 4096})
	n := 0
	for {
		err := w.TryPut(make([]byte, 100))
		if err == backend.ErrMailslotFull {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := w.Put(ctx, make([]byte, 100)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Put into a full mailslot: %v", err)
	}
	if err := w.Put(ctx, make([]byte, 5000)); !errors.Is(err, backend.ErrMessageTooBig) {
		t.Errorf("a message beyond the queue: %v", err)
	}
	for range n {
		if got, err := m.TryGet(); err != nil || len(got) != 100 {
			t.Fatal(len(got), err)
		}
	}
}

func TestMailslotEnds(t *testing.T) {
	m, w := slotPair(t, backend.MailslotSpec{Name: `A\Bc`})
	if err := w.n.CreateMailslot(new(Mailslot), &backend.MailslotSpec{Name: `a\BC`}); !errors.Is(err, backend.ErrExist) {
		t.Errorf("a second reader: %v", err)
	}
	if err := w.Put(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Put(context.Background(), nil); !errors.Is(err, backend.ErrNotExist) {
		t.Errorf("Put without a reader: %v", err)
	}
	var again Mailslot
	if err := m.n.CreateMailslot(&again, &backend.MailslotSpec{Name: `a\bc`}); err != nil {
		t.Fatal(err)
	}
	if err := w.Put(context.Background(), nil); !errors.Is(err, backend.ErrNotExist) {
		t.Errorf("Put by an old writer: %v", err)
	}
	if n, err := again.Len(); n != 0 || err != nil {
		t.Error(n, err)
	}
}

func TestMailslotCloseEndsWaits(t *testing.T) {
	m, _ := slotPair(t, backend.MailslotSpec{Queue: 4096})
	got := make(chan error, 2)
	go func() {
		_, err := m.Get(context.Background())
		got <- err
	}()
	awaitWaiters(t, &m.Object, 1)
	m.Close()
	if err := <-got; err != backend.ErrClosed {
		t.Errorf("a read of a mailslot that is closed: %v", err)
	}
	m, w := slotPair(t, backend.MailslotSpec{Queue: 4096})
	if err := w.Put(context.Background(), make([]byte, 4000)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		go func() { got <- w.Put(context.Background(), make([]byte, 4000)) }()
	}
	awaitWaiters(t, &m.gate.Object, 1)
	awaitWaiters(t, &m.room.Object, 1)
	w.Close()
	for range 2 {
		if err := <-got; err != backend.ErrClosed {
			t.Errorf("a write through a handle that is closed: %v", err)
		}
	}
}

func awaitWaiters(t *testing.T, o *Object, n int) {
	t.Helper()
	for {
		info, err := o.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Waiters >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func BenchmarkMailslotLocal(b *testing.B) {
	m, w := slotPair(b, backend.MailslotSpec{})
	msg, buf := make([]byte, 64), make([]byte, 64)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Put(ctx, msg); err != nil {
			b.Fatal(err)
		}
		if _, err := m.GetInto(ctx, buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMailslotStream(b *testing.B) {
	for _, size := range []int{64, 65536} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			m, w := slotPair(b, backend.MailslotSpec{})
			ctx := context.Background()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			go func() {
				msg := make([]byte, size)
				for {
					if w.Put(ctx, msg) != nil {
						return
					}
				}
			}()
			buf := make([]byte, size)
			for b.Loop() {
				if _, err := m.GetInto(ctx, buf); err != nil {
					b.Fatal(err)
				}
			}
			m.Close()
		})
	}
}

func testDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func attachTo(t testing.TB, dir string) *Namespace {
	t.Helper()
	return attachThrough(t, dir, func(s System) System { return s })
}

// attachThrough is attachTo with a system of its own.
func attachThrough(t testing.TB, dir string, wrap func(System) System) *Namespace {
	t.Helper()
	sys, err := linux.OpenSystem(dir, linux.Access{}, true, linux.Format{
		Size: Size, Reserve: InitialReserve, Init: Format, Check: CheckHeader,
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := Attach(sys.Bytes(), wrap(sys))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}
