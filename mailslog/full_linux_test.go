package mailslog_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/mailslog"
)

// TestFull: a full mailslot, which Windows does not have, drops records or makes
// them wait.
func TestFull(t *testing.T) {
	m, w := open(t, &ipc.MailslotOptions{QueueBytes: 4096})
	h := mailslog.NewHandler(w, nil)
	long := slog.NewRecord(time.Now(), slog.LevelInfo, strings.Repeat("x", 3000), 0)
	if err := h.Handle(context.Background(), long); err != nil {
		t.Fatal(err)
	}
	if err := h.Handle(context.Background(), long); !errors.Is(err, ipc.ErrMailslotFull) || h.Dropped() != 1 {
		t.Errorf("%v; %d dropped", err, h.Dropped())
	}
	waiting := mailslog.NewHandler(w, &mailslog.Options{Wait: true})
	done := make(chan error, 1)
	go func() { done <- waiting.Handle(context.Background(), long) }()
	for range 2 {
		if _, err := m.Get(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil || waiting.Dropped() != 0 {
		t.Errorf("%v; %d dropped", err, waiting.Dropped())
	}
}
