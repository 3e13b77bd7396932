//go:build linux || windows

package mailslog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/mailslog"
)

// open makes a mailslot and a writer for it.
func open(t *testing.T, o *ipc.MailslotOptions) (*ipc.Mailslot, *ipc.MailslotWriter) {
	t.Helper()
	name := fmt.Sprintf("%s %d", t.Name(), os.Getpid())
	m, err := ipc.CreateMailslot(name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	w, err := ipc.OpenMailslot(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return m, w
}

// record reads one.
func record(t *testing.T, m *ipc.Mailslot) map[string]any {
	t.Helper()
	message, err := m.TryGet()
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal(message, &r); err != nil {
		t.Fatalf("%s: %v", message, err)
	}
	return r
}

// TestHandler is the standard library's suite for handlers.
func TestHandler(t *testing.T) {
	var m *ipc.Mailslot
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		slot, w := open(t, nil)
		m = slot
		return mailslog.NewHandler(w, nil)
	}, func(t *testing.T) map[string]any { return record(t, m) })
}

func TestLevel(t *testing.T) {
	m, w := open(t, nil)
	var o mailslog.Options
	o.Level = slog.LevelError
	log := slog.New(mailslog.NewHandler(w, &o))
	log.Warn("not this")
	log.Error("this", "k", 1)
	if r := record(t, m); r["msg"] != "this" || r["k"] != 1.0 {
		t.Errorf("%v", r)
	}
	if n, err := m.Len(); n != 0 || err != nil {
		t.Errorf("%d messages more, %v", n, err)
	}
}

// TestMany: records of many goroutines and of derived handlers come as wholes.
func TestMany(t *testing.T) {
	m, w := open(t, nil)
	h := mailslog.NewHandler(w, nil)
	const writers, each = 8, 50
	var g sync.WaitGroup
	for i := range writers {
		g.Go(func() {
			log := slog.New(h).With("writer", i)
			for k := range each {
				log.Info("m", "k", k)
			}
		})
	}
	g.Wait()
	next := map[float64]float64{}
	for range writers * each {
		r := record(t, m)
		who := r["writer"].(float64)
		if r["k"] != next[who] {
			t.Fatalf("%v, want k=%v", r, next[who])
		}
		next[who]++
	}
	if h.Dropped() != 0 {
		t.Errorf("%d records were dropped", h.Dropped())
	}
}

// TestReaderGone: a log without a reader drops its records, and says so.
func TestReaderGone(t *testing.T) {
	if testproc.UnderWine() {
		t.Skip("Wine keeps a mailslot while a writer has it open (MS-39)")
	}
	m, w := open(t, nil)
	h := mailslog.NewHandler(w, nil)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	err := h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, "lost", 0))
	if !errors.Is(err, ipc.ErrNotExist) || h.Dropped() != 1 {
		t.Errorf("%v; %d dropped", err, h.Dropped())
	}
}
