//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("mailslot-damaged", mailslotDamaged) }

// TestMailslotLiveDamage damages the file of a mailslot's messages while a
// process uses both ends: no crash, no hang, and an error where bytes are lost.
func TestMailslotLiveDamage(t *testing.T) {
	for _, c := range []struct {
		spoiler
		seen error // by those who have it open, sooner or later
	}{
		{spoiler{"truncated to nothing", func(p string) error { return os.Truncate(p, 0) }}, ipc.ErrCorrupt},
		{spoiler{"truncated in the middle", func(p string) error { return os.Truncate(p, 1<<15) }}, ipc.ErrCorrupt},
		{spoiler{"a hole", func(p string) error { return punch(p, 0, 1<<15) }}, nil},
		{spoiler{"noise", func(p string) error { return noise(p, 0, 1<<16) }}, ipc.ErrCorrupt},
		{spoiler{"removed", os.Remove}, nil},
		{spoiler{"replaced", func(p string) error {
			if err := os.Remove(p); err != nil {
				return err
			}
			return os.WriteFile(p, make([]byte, 1<<16), 0o600)
		}}, nil},
		{spoiler{"lengthened", func(p string) error { return os.Truncate(p, 1<<20) }}, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := hostileDir(t)
			p := testproc.Start(t, "mailslot-damaged", dir)
			p.Expect("working")
			if err := c.spoil(filepath.Join(dir, "mailslot-1")); err != nil {
				t.Fatal(err)
			}
			p.Sayf("go on")
			if got, want := p.Line(), damageSeen(c.seen); got != want {
				t.Errorf("%q was seen, want %q", got, want)
			}
			p.Exit()
		})
	}
}

func damageSeen(err error) string {
	if errors.Is(err, ipc.ErrCorrupt) {
		return "damage"
	}
	return "nothing"
}

// mailslotDamaged has messages in a mailslot when its file is damaged, and goes
// on with it. It says whether one of its ends was told.
func mailslotDamaged(c *testproc.Child) {
	n := open(c)
	slot := must(n.CreateMailslot("slot", &ipc.MailslotOptions{QueueBytes: 1 << 16}))
	w := must(n.OpenMailslot("slot"))
	message := make([]byte, 1000)
	for range 40 {
		wantNothing(c, "put", w.TryPut(message))
	}
	c.Sayf("working")
	c.Line()
	late := time.AfterFunc(50*time.Second, func() { panic("a hang: its goroutines follow") })
	defer late.Stop()
	var seen error
	note := func(errs ...error) {
		for _, err := range errs {
			switch {
			case errors.Is(err, ipc.ErrCorrupt):
				seen = err
			case errors.Is(err, ipc.ErrMailslotEmpty), errors.Is(err, ipc.ErrMailslotFull), errors.Is(err, ipc.ErrShortBuffer):
			default:
				documented(err)
			}
		}
	}
	for range 200 {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Microsecond)
		_, err := slot.GetInto(ctx, message)
		note(err, w.Put(ctx, message), w.TryPut(nil))
		_, err = slot.TryGet()
		_, err2 := slot.Len()
		_, err3 := w.Info()
		note(err, err2, err3)
		again, err := n.OpenMailslot("slot") // which may be told, too
		if documented(err); err == nil {
			documented(again.Close())
		}
		cancel()
	}
	note(w.Close(), slot.Close(), n.Close())
	c.Sayf("%s", damageSeen(seen))
	c.Line()
}
