package nt

import (
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// A sleeper is one wait that may block. It can be told to end at any time,
// before, during and after the blocking.
type sleeper struct {
	mu          sync.Mutex
	thread      windows.Handle // where it blocks; 0 while it does not
	cause       error          // why it must end
	interrupted bool           // thread was interrupted
	entered     windows.Handle // an event that is set when the wait has begun
}

// begun reports whether the wait has really begun, not only been announced.
func (s *sleeper) begun() bool {
	info, err := win32.QueryEvent(s.entered)
	return err != nil || info.State != 0
}

// entries are the events of sleepers, unset.
var entries struct {
	mu     sync.Mutex
	unused []windows.Handle
}

// takeEntry returns an unset event; 0 if there is none, which does no harm.
func takeEntry() windows.Handle {
	entries.mu.Lock()
	defer entries.mu.Unlock()
	if n := len(entries.unused); n > 0 {
		h := entries.unused[n-1]
		entries.unused = entries.unused[:n-1]
		return h
	}
	h, _ := windows.CreateEventEx(nil, nil, windows.CREATE_EVENT_MANUAL_RESET, windows.EVENT_ALL_ACCESS)
	return h
}

func giveEntry(h windows.Handle) {
	if h == 0 || windows.ResetEvent(h) != nil {
		return
	}
	entries.mu.Lock()
	defer entries.mu.Unlock()
	if len(entries.unused) < maxIdle {
		entries.unused = append(entries.unused, h)
		return
	}
	windows.CloseHandle(h)
}

// interrupt tells the wait to end with this error; the first one counts.
func (s *sleeper) interrupt(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return
	}
	s.cause = cause
	if s.thread != 0 {
		s.interrupted = win32.Interrupt(s.thread) == nil
	}
}

func (s *sleeper) begin(thread windows.Handle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.thread = thread
	}
	return s.cause
}

// finish ends the time in which the thread may be interrupted. An interrupt
// that was not used up must not end the next wait of this thread.
func (s *sleeper) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.thread = 0
	if s.interrupted {
		win32.DropInterrupts()
	}
}

func (s *sleeper) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// sleep blocks in first, and then, as long as somebody else's interrupts end
// it, in again, both on the calling thread, of which thread is a handle. It
// returns what they return, or why it was told to end. A wait that has succeeded
// before it heard that has succeeded.
func (s *sleeper) sleep(thread windows.Handle, first, again func() (uint32, error)) (uint32, error) {
	if err := s.begin(thread); err != nil {
		return 0, err
	}
	defer s.finish()
	code, err := first()
	for err == nil && code == win32.WAIT_IO_COMPLETION {
		if cause := s.why(); cause != nil {
			return code, cause
		}
		code, err = again()
	}
	return code, wrap(err)
}
