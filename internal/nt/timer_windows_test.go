package nt

import (
	"math"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// TestTimerOfAnotherAge: what is due in more time than a time.Duration can have is
// due all the same.
func TestTimerOfAnotherAge(t *testing.T) {
	n := Open(Local)
	defer n.Close()
	var timer Timer
	if err := n.Create(&timer.Object, backend.Spec{Kind: backend.Timer}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{
		time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
		time.Unix(math.MaxInt64, 0),
	} {
		if err := timer.SetAt(at, 0); err != nil {
			t.Fatal(err)
		}
		info, err := timer.Info()
		if err != nil || !info.Armed || info.Due < 100*365*24*time.Hour || !info.DueAt.Equal(at) {
			t.Errorf("set to %v: %+v, %v", at, info, err)
		}
	}
}
