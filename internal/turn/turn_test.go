package turn

import (
	"errors"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

func begin(t *testing.T, turn *Turn, want error) {
	t.Helper()
	if err := turn.Begin(); !errors.Is(err, want) {
		t.Fatalf("begin: %v, want %v", err, want)
	}
}

func TestOneAtATime(t *testing.T) {
	var turn Turn
	for range 2 {
		begin(t, &turn, nil)
		begin(t, &turn, backend.ErrInvalidUse)
		turn.End()
	}
}

// TestCloseWhileBusy: Close tells when the call that it has found has ended.
func TestCloseWhileBusy(t *testing.T) {
	var turn Turn
	begin(t, &turn, nil)
	ended, first := turn.Close()
	if !first || !turn.Closed() {
		t.Error("the first Close is not the first, or does not close")
	}
	begin(t, &turn, backend.ErrClosed)
	select {
	case <-ended:
		t.Error("the call is said to have ended")
	default:
	}
	turn.End()
	<-ended
	if text := turn.Begin().Error(); !strings.Contains(text, "the Owner is closed") {
		t.Errorf("the error does not say what is closed: %q", text)
	}
	if _, first := turn.Close(); first {
		t.Error("the second Close is the first")
	}
}

func TestCloseWhileFree(t *testing.T) {
	var turn Turn
	begin(t, &turn, nil)
	turn.End()
	if ended, first := turn.Close(); ended != nil || !first {
		t.Errorf("close what is free: %v, %v", ended, first)
	}
	begin(t, &turn, backend.ErrClosed)
}
