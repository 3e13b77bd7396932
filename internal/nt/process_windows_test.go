package nt

import (
	"errors"
	"os"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

// TestOpenProcess: a number is that of one process, not of all that end in the same
// 32 bits.
func TestOpenProcess(t *testing.T) {
	pid := os.Getpid()
	p, err := OpenProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	for _, wrong := range []int64{int64(pid) + 1<<32, int64(pid) - 1<<32, -1, 0} {
		if p, err := OpenProcess(int(wrong)); !errors.Is(err, backend.ErrNoProcess) && int64(int(wrong)) == wrong {
			t.Errorf("%d: %v, %v", wrong, p, err)
		}
	}
}
