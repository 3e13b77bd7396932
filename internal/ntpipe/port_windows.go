package ntpipe

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// An operation is an overlapped one that the kernel may be busy with. It stays
// where it is and is used by somebody until it has ended.
type operation struct {
	overlapped windows.Overlapped // the first field: the port gives its address
	ended      func(error)        // called by the port
}

// port is the completion port of the process, with one goroutine that waits for
// it.
var port struct {
	once   sync.Once
	handle windows.Handle
	err    error
}

// bind lets the port report the operations of h that do not end at once.
func bind(h windows.Handle) error {
	port.once.Do(func() {
		port.handle, port.err = windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, 1)
		if port.err == nil {
			go report(port.handle)
		}
	})
	if port.err != nil {
		return port.err
	}
	if _, err := windows.CreateIoCompletionPort(h, port.handle, 0, 0); err != nil {
		return err
	}
	// Functions such as DisconnectNamedPipe may wait for the handle, which therefore
	// goes on being set (FILE_SKIP_SET_EVENT_ON_HANDLE).
	return windows.SetFileCompletionNotificationModes(h, windows.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
}

func report(port windows.Handle) {
	for {
		var n uint32
		var key uintptr
		var o *windows.Overlapped
		err := windows.GetQueuedCompletionStatus(port, &n, &key, &o, windows.INFINITE)
		if o == nil {
			panic("ntpipe: the completion port fails: " + err.Error())
		}
		(*operation)(unsafe.Pointer(o)).ended(err)
	}
}
