package nt

import (
	"runtime"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// A kernelQueue is the queue of a mailslot as the kernel has it. Messages stay
// there until somebody takes them.
//
// The kernel lets nobody wait for a message, only for a read. So while anybody
// waits there is an overlapped read, whose event is that of the Mailslot. A
// message that it has read when the wait is over stays in buf, as the first one.
// Between the end of a Put and that of the read there is an instant in which the
// message is nowhere, which only those can see who ask during the wait of
// another goroutine.
//
// While a read is pending the kernel may write into overlapped, size and buf:
// they are pinned until then.
type kernelQueue struct {
	slot, event windows.Handle

	waits   int   // that have begun
	pending bool  // there is a read
	ahead   bool  // buf has the first message
	failed  error // what the next who look are told
	pins    runtime.Pinner

	overlapped windows.Overlapped
	buf        []byte
	size       uint32 // of the message in buf
	told       win32.MailslotInfo
}

// leastRoom is for messages that nobody knows the size of, keptRoom the largest
// buffer that is kept.
const (
	leastRoom = 4 << 10
	keptRoom  = 64 << 10
)

func openKernelQueue(slot, event windows.Handle) *kernelQueue {
	q := &kernelQueue{slot: slot, event: event, buf: make([]byte, leastRoom)}
	q.overlapped.HEvent = event
	return q
}

// reads has the thread that begins the reads of waits, of all mailslots. The
// kernel cancels what a thread has begun when it ends, and those that wait may
// end while others wait on.
var reads struct {
	mu     sync.Mutex
	thread *thread
}

// readToWait is read for a wait.
func (q *kernelQueue) readToWait() (err error) {
	reads.mu.Lock()
	defer reads.mu.Unlock()
	if reads.thread == nil {
		if reads.thread, err = takeThread(); err != nil {
			return err
		}
	}
	reads.thread.do(func() { err = q.read() })
	return err
}

// read begins to read a message, and unsets the event.
func (q *kernelQueue) read() error {
	q.pins.Pin(q)
	q.pins.Pin(&q.buf[0])
	q.pending = true
	err := windows.ReadFile(q.slot, q.buf, &q.size, &q.overlapped)
	if err != nil && err != windows.ERROR_IO_PENDING {
		q.over()
		return err
	}
	return nil
}

// finish learns what has become of the read, and waits for that or not.
func (q *kernelQueue) finish(wait bool) error {
	err := windows.GetOverlappedResult(q.slot, &q.overlapped, &q.size, wait)
	if err == windows.ERROR_IO_INCOMPLETE {
		return err
	}
	q.over()
	q.ahead = err == nil
	return err
}

// over notes that no read is pending.
func (q *kernelQueue) over() {
	q.pending = false
	q.pins.Unpin()
}

func (q *kernelQueue) look() (size, count int, err error) {
	if err := win32.GetMailslotInfo(q.slot, &q.told); err != nil {
		return none, 0, err
	}
	if q.pending {
		// There are no messages behind a read that has not ended.
		q.note(q.finish(q.told.Count > 0))
	}
	count = int(q.told.Count)
	switch {
	case q.ahead:
		return int(q.size), count + 1, nil
	case q.told.Next != win32.MAILSLOT_NO_MESSAGE:
		return int(q.told.Next), count, nil
	}
	err, q.failed = q.failed, nil
	return none, 0, err
}

// note keeps what has gone wrong with the read of a wait for the next who look.
// Neither a message that is too long for it nor its going on is anything wrong.
func (q *kernelQueue) note(err error) {
	if err != nil && err != windows.ERROR_INSUFFICIENT_BUFFER && err != windows.ERROR_IO_INCOMPLETE {
		q.failed = err
	}
}

func (q *kernelQueue) take(buf []byte) error {
	var err error
	if !q.ahead {
		err = q.fetch(len(buf))
	}
	if err == nil {
		copy(buf, q.buf)
		q.ahead = false
	}
	if len(q.buf) > keptRoom {
		q.buf = make([]byte, keptRoom)
	}
	if q.waits > 0 {
		q.watch()
	}
	return err
}

// fetch reads the first message, of so many bytes. No read is pending.
func (q *kernelQueue) fetch(size int) error {
	if size > len(q.buf) {
		q.buf = make([]byte, size)
	}
	if err := q.read(); err != nil {
		return err
	}
	return q.finish(true) // at once, since the message is there
}

func (q *kernelQueue) beginWait() {
	q.waits++
	if q.waits == 1 {
		q.watch()
	}
}

// watch makes the event tell whether there is a message, or something to tell.
func (q *kernelQueue) watch() {
	if !q.ahead {
		err := q.readToWait()
		if err == nil {
			return // the event is that of the read now
		}
		q.note(err)
	}
	windows.SetEvent(q.event)
}

// endWait cancels the read with the last wait. If it has succeeded before, its
// message is the first one.
func (q *kernelQueue) endWait() {
	q.waits--
	if q.waits == 0 && q.pending {
		windows.CancelIoEx(q.slot, &q.overlapped)
		q.finish(true)
	}
}

func (q *kernelQueue) close() error {
	return windows.CloseHandle(q.slot)
}
