package nt

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/testproc"
)

// TestCancelledSignalAndWait: the signal is given once, however the wait ends.
func TestCancelledSignalAndWait(t *testing.T) {
	if testproc.UnderWine() {
		t.Skip("SKIPPED: Wine 8 gives the signal of SignalObjectAndWait a second time when the wait is interrupted")
	}
	n := space(t)
	s := &Semaphore{}
	if err := n.Create(&s.Object, backend.Spec{Kind: backend.Semaphore, Max: 5}); err != nil {
		t.Fatal(err)
	}
	e := event(t, n, backend.Spec{})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := SignalAndWait(ctx, nil, &s.Object, &e.Object); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if info, err := s.Info(); err != nil || info.Count != 1 {
		t.Errorf("%d permits, want 1 (%v)", info.Count, err)
	}
}
