package nt

import (
	"runtime"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// An ahead is an inbox that has one overlapped read in the kernel at all times.
// The event is that of the read, so it is set while a message has been read and
// not been taken. Nobody has to look, and no thread waits.
//
// The kernel writes into overlapped and buf while a read is pending: both stay
// where they are, pinned, until it has ended, and so they do when everybody
// forgets the Mailslot without closing it (reading).
type ahead struct {
	slot windows.Handle
	// port gets no completions. A file that has one keeps its reads when the
	// thread that began them ends; otherwise the kernel would cancel them.
	port windows.Handle

	pins       runtime.Pinner
	overlapped windows.Overlapped
	buf        []byte
	size       uint32 // of the message in buf
	failed     error  // what the read could not begin for
}

// reading are the aheads that are not closed.
var reading sync.Map // *ahead to nothing

// A read begins with room for leastAhead bytes, and with more when a message
// needs it. Room for more than mostAhead is not kept.
const (
	leastAhead = 4 << 10
	mostAhead  = 64 << 10
)

// noCompletion in the handle of an event keeps the end of a read from the port.
const noCompletion = 1

func openAhead(slot, event windows.Handle, maxMessage int64) (*ahead, error) {
	port, err := windows.CreateIoCompletionPort(slot, 0, 0, 1)
	if err != nil {
		return nil, err
	}
	a := &ahead{slot: slot, port: port}
	a.overlapped.HEvent = event | noCompletion
	room := leastAhead
	if maxMessage != 0 {
		room = int(min(maxMessage, leastAhead))
	}
	a.makeRoom(room)
	a.read()
	if a.failed != nil {
		a.pins.Unpin()
		windows.CloseHandle(port)
		return nil, a.failed
	}
	reading.Store(a, nil)
	return a, nil
}

// makeRoom replaces the buffer. No read is pending.
func (a *ahead) makeRoom(n int) {
	a.pins.Unpin()
	a.buf = make([]byte, n)
	a.pins.Pin(a)
	a.pins.Pin(&a.buf[0])
}

// read begins the next read. The kernel unsets the event then.
func (a *ahead) read() {
	a.failed = windows.ReadFile(a.slot, a.buf, &a.size, &a.overlapped)
	switch a.failed {
	case windows.ERROR_IO_PENDING:
		a.failed = nil
	case nil:
	default: // nobody hears of it through the event
		windows.SetEvent(a.overlapped.HEvent &^ noCompletion)
	}
}

// outcome is that of the read: nil, ERROR_IO_INCOMPLETE or why it has failed.
func (a *ahead) outcome() error {
	if a.failed != nil {
		return a.failed
	}
	return windows.GetOverlappedResult(a.slot, &a.overlapped, &a.size, false)
}

func (a *ahead) next() (int, bool, error) {
	for {
		err := a.outcome()
		switch err {
		case nil:
			return int(a.size), true, nil
		case windows.ERROR_IO_INCOMPLETE:
			return 0, false, nil
		case windows.ERROR_INSUFFICIENT_BUFFER: // which leaves the message where it is
			a.makeRoom(a.roomForNext())
			a.read()
		default:
			a.read() // the next call may find that it was no lasting trouble
			return 0, false, err
		}
	}
}

// roomForNext is enough for the message that was too long for the buffer.
func (a *ahead) roomForNext() int {
	room := 2 * len(a.buf)
	info, err := win32.GetMailslotInfo(a.slot)
	if err == nil && info.Next != win32.MAILSLOT_NO_MESSAGE {
		room = max(room, int(info.Next))
	}
	return room
}

func (a *ahead) take(buf []byte) {
	copy(buf, a.buf)
	if len(a.buf) > mostAhead {
		a.makeRoom(mostAhead)
	}
	a.read()
}

// count adds the message that was read to those in the kernel, which it asks
// first: while the read is pending there are none.
func (a *ahead) count() (int, error) {
	info, err := win32.GetMailslotInfo(a.slot)
	if err != nil {
		return 0, err
	}
	n := int(info.Count)
	if a.outcome() == nil {
		n++
	}
	return n, nil
}

// close cancels the read, and waits until the kernel writes nothing any more.
func (a *ahead) close() error {
	if a.failed == nil {
		windows.CancelIoEx(a.slot, &a.overlapped) // fails if the read has ended
		windows.GetOverlappedResult(a.slot, &a.overlapped, &a.size, true)
	}
	a.pins.Unpin()
	reading.Delete(a)
	windows.CloseHandle(a.port)
	return windows.CloseHandle(a.slot)
}
