package ntpipe

import (
	"context"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// A handle is one of the kernel's that is closed when nobody uses it any more;
// closing ends what blocks.
type handle struct {
	native  windows.Handle
	key     key
	closing chan struct{}
	foreign bool // the port of another process has it: see take_windows.go

	mu     sync.Mutex
	closed bool
	given  bool         // to another process: see give_windows.go
	uses   atomic.Int32 // as many as users
	users  sync.WaitGroup
}

// newHandle binds a handle to the port, or closes it.
func newHandle(h windows.Handle) (*handle, error) {
	k, err := bind(h)
	if err != nil {
		windows.CloseHandle(h)
		return nil, wrap(err)
	}
	return &handle{native: h, key: k, closing: make(chan struct{})}, nil
}

// enter keeps the handle open until leave.
func (h *handle) enter() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return backend.ErrPipeClosed
	case h.given:
		return errGiven
	}
	h.uses.Add(1)
	h.users.Add(1)
	return nil
}

func (h *handle) leave() {
	h.uses.Add(-1)
	h.users.Done()
}

// use calls f, which does not block, with the native handle.
func (h *handle) use(f func(windows.Handle) error) error {
	if err := h.enter(); err != nil {
		return err
	}
	defer h.leave()
	return f(h.native)
}

// shut ends what blocks on the handle; it reports whether it was the first to
// do so.
func (h *handle) shut() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.closed = true
	close(h.closing)
	return true
}

// close waits until nobody uses the handle, which was shut, and closes it.
func (h *handle) close() error {
	h.users.Wait()
	return windows.CloseHandle(h.native)
}

// A limit says what ends an operation early, beside Close.
type limit struct {
	ctx    context.Context // or nil
	passed <-chan struct{} // the deadline; nil for none
}

func (l limit) done() <-chan struct{} {
	if l.ctx == nil {
		return nil
	}
	return l.ctx.Done()
}

// over is the reason to end at once, if there is one.
func (l limit) over() error {
	select {
	case <-l.passed:
		return os.ErrDeadlineExceeded
	default:
	}
	if l.ctx != nil {
		return l.ctx.Err()
	}
	return nil
}

// A call is an operation that somebody waits for.
type call struct {
	operation
	result chan error
	pins   runtime.Pinner
}

var calls = sync.Pool{New: func() any {
	c := &call{result: make(chan error, 1)}
	c.ended = func(err error) { c.result <- err }
	return c
}}

// do starts an overlapped operation and waits for its end. It returns how many
// bytes were transferred. The buffers, which it pins, must not be used until
// then.
func (h *handle) do(l limit, start func(windows.Handle, *windows.Overlapped) error, buffers ...[]byte) (int, error) {
	if err := h.enter(); err != nil {
		return 0, err
	}
	defer h.leave()
	if err := l.over(); err != nil {
		return 0, err
	}
	c := calls.Get().(*call)
	c.overlapped = windows.Overlapped{}
	c.pins.Pin(c)
	for _, b := range buffers {
		if len(b) > 0 {
			c.pins.Pin(&b[0])
		}
	}
	err := h.start(c, start)
	if err == windows.ERROR_IO_PENDING {
		err = h.await(l, c)
	}
	c.dropEvent()
	n := int(c.overlapped.InternalHigh)
	c.pins.Unpin()
	calls.Put(c)
	return n, err
}

// start starts an operation whose end the port reports, or an event.
func (h *handle) start(c *call, start func(windows.Handle, *windows.Overlapped) error) error {
	if !h.foreign {
		return h.key.start(&c.operation, func(o *windows.Overlapped) error { return start(h.native, o) })
	}
	if err := c.makeEvent(); err != nil {
		return err
	}
	started := make(chan error)
	go c.runOnThread(h.native, start, started)
	return <-started
}

// await waits for the end of an operation, which it hastens when l or Close says
// so. What has succeeded all the same is a success.
func (h *handle) await(l limit, c *call) error {
	var reason error
	select {
	case err := <-c.result:
		return err
	case <-l.passed:
		reason = os.ErrDeadlineExceeded
	case <-l.done():
		reason = l.ctx.Err()
	case <-h.closing:
		reason = backend.ErrPipeClosed
	}
	windows.CancelIoEx(h.native, &c.overlapped) // which fails when it has ended
	err := <-c.result
	if err == windows.ERROR_OPERATION_ABORTED {
		return reason
	}
	return err
}
