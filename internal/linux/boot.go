//go:build linux

package linux

import (
	"encoding/hex"
	"os"
	"strings"
	"sync"
)

// BootID identifies the time since the machine was started: processes, thread
// ids and the monotonic clock of another boot mean nothing. It is all zeros
// where /proc is missing.
func BootID() [16]byte { return bootID() }

var bootID = sync.OnceValue(func() (id [16]byte) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id
	}
	digits := strings.ReplaceAll(strings.TrimSpace(string(text)), "-", "")
	if b, err := hex.DecodeString(digits); err == nil {
		copy(id[:], b)
	}
	return id
})
