//go:build linux

package linux

import (
	"encoding/hex"
	"errors"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// BootID identifies the time since the machine was started: processes, thread
// ids and the monotonic clock of another boot mean nothing. It is all zeros
// where /proc is missing or closed. A shortage (of descriptors, say) is an
// error instead, and not remembered: to take one for another boot would be to
// take a segment away from its users.
func BootID() (id [16]byte, err error) {
	if known := bootID.Load(); known != nil {
		return *known, nil
	}
	text, err := readSmall("/proc/sys/kernel/random/boot_id")
	if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM) {
		return id, err
	}
	digits := strings.ReplaceAll(strings.TrimSpace(text), "-", "")
	if b, err := hex.DecodeString(digits); err == nil {
		copy(id[:], b)
	}
	bootID.Store(&id)
	return id, nil
}

var bootID atomic.Pointer[[16]byte]
