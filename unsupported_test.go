//go:build !linux && !windows

package ipc_test

import (
	"errors"
	"testing"

	"github.com/winsys-go/ipc"
)

// TestUnsupported: without a backend every entry says so.
func TestUnsupported(t *testing.T) {
	_, event := ipc.CreateEvent("x", nil)
	_, mutex := ipc.OpenMutex("x")
	_, process := ipc.OpenProcess(1)
	_, listener := ipc.ListenPipe("x", nil)
	_, conn := ipc.TryDialPipe("x")
	_, _, anonymous := ipc.AnonymousPipe()
	for _, err := range []error{event, mutex, process, listener, conn, anonymous} {
		var e *ipc.Error
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &e) {
			t.Errorf("got %v", err)
		}
	}
}
