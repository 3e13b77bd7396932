package ntpipe

import (
	"runtime"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/bequest"
	"github.com/winsys-go/ipc/internal/win32"
)

// What was inherited is the same file as in the process that it came from, whose
// completion port has it for good: the end of an operation of this process would be
// reported there, to somebody who knows nothing of it. So each operation has an
// event, marked as one that no port is to hear of, and one that blocks a thread
// that waits for it.

// makeEvent gives an operation its event.
func (c *call) makeEvent() error {
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return err
	}
	c.overlapped.HEvent = event | 1 // not to the port
	return nil
}

func (c *call) dropEvent() {
	if c.overlapped.HEvent != 0 {
		windows.CloseHandle(c.overlapped.HEvent &^ 1)
	}
}

// runOnThread starts the operation and does for it what the port would. One thread
// does both: the kernel cancels what a thread has started when that ends, as any of
// this process may, unless a port reports it.
func (c *call) runOnThread(h windows.Handle, start func(windows.Handle, *windows.Overlapped) error, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := start(h, &c.overlapped)
	started <- err
	if err != windows.ERROR_IO_PENDING {
		return
	}
	windows.WaitForSingleObject(c.overlapped.HEvent&^1, windows.INFINITE)
	var n uint32
	c.ended(windows.GetOverlappedResult(h, &c.overlapped, &n, false))
}

// Take makes the end of a pipe that this process has inherited a connection. Which
// ways it goes the handle says. If that fails, the handles are still the caller's.
func Take(g Given, handles []windows.Handle) (*Conn, error) {
	h := handles[0]
	info, err := win32.QueryObject(h)
	if err != nil {
		return nil, wrap(err)
	}
	if info.Access&windows.FILE_READ_ATTRIBUTES != 0 {
		if err := g.check(h); err != nil {
			return nil, err
		}
	}
	c := newConn(&Pipes{}, &handle{native: h, foreign: true, closing: make(chan struct{})}, g.Message)
	c.server = g.Server
	c.noReads, c.noWrites = info.Access&windows.FILE_READ_DATA == 0, info.Access&windows.FILE_WRITE_DATA == 0
	c.ended = g.Ended
	c.mute.Store(g.Mute)
	if len(handles) > 1 {
		c.token = handles[1]
	}
	c.mark = c.keepMark()
	return c, nil
}

// check compares what was said of an end with what the kernel says.
func (g *Given) check(h windows.Handle) error {
	var flags uint32
	if err := windows.GetNamedPipeInfo(h, &flags, nil, nil, nil); err != nil {
		return wrap(err)
	}
	if g.Server != (flags&windows.PIPE_SERVER_END != 0) || g.Message != (flags&windows.PIPE_TYPE_MESSAGE != 0) {
		return errOther
	}
	return nil
}

// keepMark keeps the mark of the process that the peer takes this one for, which
// may have ended before. The kernel tells who opened this end, not who has it.
func (c *Conn) keepMark() windows.Handle {
	opened := windows.GetNamedPipeClientProcessId
	if c.server {
		opened = windows.GetNamedPipeServerProcessId
	}
	var pid uint32
	if !c.message || opened(c.native, &pid) != nil {
		return 0
	}
	return makeMark(processMark(pid))
}

// Lend makes a duplicate of an end of an anonymous pipe for a child.
func (c *Conn) Lend() (loan *bequest.Loan, err error) {
	err = c.use(func(h windows.Handle) error {
		loan, err = bequest.Lend(h)
		return wrap(err)
	})
	return loan, err
}
