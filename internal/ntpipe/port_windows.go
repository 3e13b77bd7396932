package ntpipe

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"
)

// An operation is an overlapped one that the kernel may be busy with. It stays
// where it is and is used by somebody until it has ended.
type operation struct {
	overlapped windows.Overlapped
	ended      func(error) // called by the port
}

// port is the completion port of the process, with one goroutine that waits for
// it.
var port struct {
	once   sync.Once
	handle windows.Handle
	err    error
	keys   atomic.Uintptr
}

// A key is what the port knows a file by. A file that was handed to another process
// still has it, and the operations that are begun there end here, if their events are
// not marked: nobody must take them for those of this process.
type key uintptr

// bind lets the port report the operations of h that do not end at once.
func bind(h windows.Handle) (key, error) {
	port.once.Do(func() {
		port.handle, port.err = windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, 1)
		if port.err == nil {
			go report(port.handle)
		}
	})
	if port.err != nil {
		return 0, port.err
	}
	k := port.keys.Add(1)
	if _, err := windows.CreateIoCompletionPort(h, port.handle, k, 0); err != nil {
		return 0, err
	}
	// Functions that are not overlapped may wait for the handle, which therefore goes
	// on being set (FILE_SKIP_SET_EVENT_ON_HANDLE).
	return key(k), windows.SetFileCompletionNotificationModes(h, windows.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
}

// pending are the operations of this process that the port will report.
var pending = struct {
	mu  sync.Mutex
	ops map[expected]*operation
}{ops: map[expected]*operation{}}

// expected is how the port will report an operation: by its address, which is that of
// anything when others report theirs.
type expected struct{ key, overlapped uintptr }

// start starts o on the file with this key. The port reports its end if the error is
// ERROR_IO_PENDING.
func (k key) start(o *operation, start func(*windows.Overlapped) error) error {
	e := expected{uintptr(k), uintptr(unsafe.Pointer(&o.overlapped))}
	pending.mu.Lock()
	pending.ops[e] = o
	pending.mu.Unlock()
	err := start(&o.overlapped)
	if err != windows.ERROR_IO_PENDING {
		e.take()
	}
	return err
}

// take gives the operation, which is no longer expected; nil if it was not.
func (e expected) take() *operation {
	pending.mu.Lock()
	defer pending.mu.Unlock()
	o := pending.ops[e]
	delete(pending.ops, e)
	return o
}

func report(port windows.Handle) {
	for {
		var n uint32
		var e expected
		err := windows.GetQueuedCompletionStatus(port, &n, &e.key, (**windows.Overlapped)(unsafe.Pointer(&e.overlapped)), windows.INFINITE)
		if e.overlapped == 0 {
			panic("ntpipe: the completion port fails: " + err.Error())
		}
		if o := e.take(); o != nil {
			o.ended(err)
		}
	}
}
