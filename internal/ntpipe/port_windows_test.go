package ntpipe

import (
	"runtime"
	"testing"

	"golang.org/x/sys/windows"
)

// TestOperationsOfOthers: the port reports operations of every process that has a file
// of this one. Those that nobody here has begun are nobody's.
func TestOperationsOfOthers(t *testing.T) {
	reads, writes, err := anonymous()
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(writes)
	h, err := newHandle(reads)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()

	var pins runtime.Pinner
	defer pins.Unpin()
	other, buf := new(windows.Overlapped), make([]byte, 1)
	pins.Pin(other)
	pins.Pin(&buf[0])
	var n uint32
	if err := windows.ReadFile(reads, buf, &n, other); err != windows.ERROR_IO_PENDING {
		t.Fatal(err)
	}
	write := func() {
		t.Helper()
		if err := windows.WriteFile(writes, []byte{'x'}, new(uint32), new(windows.Overlapped)); err != nil && err != windows.ERROR_IO_PENDING {
			t.Fatal(err)
		}
	}
	write()
	begun, ended := make(chan struct{}), make(chan error)
	go func() {
		_, err := h.do(limit{}, func(h windows.Handle, o *windows.Overlapped) error {
			defer close(begun)
			var n uint32
			return windows.ReadFile(h, buf, &n, o)
		}, buf)
		ended <- err
	}()
	<-begun
	write() // the end of which comes through the port after that of the other's
	if err := <-ended; err != nil {
		t.Error(err)
	}
	pending.mu.Lock()
	defer pending.mu.Unlock()
	for e := range pending.ops {
		if e.key == uintptr(h.key) {
			t.Errorf("an operation has not ended: %+v", e)
		}
	}
}
