//go:build linux

package ipc_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/torture"
)

// TestTorture kills and stops processes that do everything at once, and keeps
// books on every signal, permit and lock. It does so for 10 s, which is some 250
// kills, or as long as IPC_TORTURE_FOR says, as 10m (scripts/torture does);
// IPC_TORTURE_SEED says what is drawn.
func TestTorture(t *testing.T) {
	length := 10 * time.Second
	if testing.Short() {
		length = 5 * time.Second
	}
	if text := os.Getenv("IPC_TORTURE_FOR"); text != "" {
		length = must(time.ParseDuration(text))
	}
	seed := rand.Uint64N(1 << 32)
	if text := os.Getenv("IPC_TORTURE_SEED"); text != "" {
		seed = must(strconv.ParseUint(text, 10, 64))
	}
	torture.Run(t, length, seed)
}
