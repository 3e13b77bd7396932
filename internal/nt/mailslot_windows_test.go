package nt

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// A slotTest is a queue, with what it needs of the kernel and a writer.
type slotTest struct {
	*testing.T
	queue  queue
	event  windows.Handle
	writer windows.Handle
	name   string
}

// onQueues plays a scene on either kind of queue.
func onQueues(t *testing.T, scene func(*slotTest)) {
	for kind, options := range map[string]uint32{"kernel": 0, "pump": win32.FILE_SYNCHRONOUS_IO_NONALERT} {
		t.Run(kind, func(t *testing.T) {
			s := &slotTest{T: t, name: fmt.Sprintf("ipc-test-%d-%s", os.Getpid(), kind)}
			slot, err := win32.CreateMailslotFile(mailslotDirectory+s.name, options, 0, win32.READ_TIMEOUT_FOREVER, nil)
			s.ok(err)
			s.event, err = windows.CreateEventEx(nil, nil, windows.CREATE_EVENT_MANUAL_RESET, windows.EVENT_ALL_ACCESS)
			s.ok(err)
			defer windows.CloseHandle(s.event)
			s.queue, err = openQueue(slot, s.event, s.name)
			s.ok(err)
			if _, isPump := s.queue.(*pump); isPump && kind == "kernel" {
				s.queue.close()
				t.Skip("this Wine has no overlapped reads of mailslots")
			}
			s.writer, err = openWriter(s.name)
			s.ok(err)
			scene(s)
			s.ok(windows.CloseHandle(s.writer))
			s.ok(s.queue.close())
			if _, err := openWriter(s.name); err != windows.ERROR_FILE_NOT_FOUND {
				t.Errorf("the mailslot is still there: %v", err)
			}
		})
	}
}

func (s *slotTest) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *slotTest) write(message string) {
	s.Helper()
	s.ok(windows.WriteFile(s.writer, []byte(message), new(uint32), nil))
}

// holds asserts the size of the first message and the number of all.
func (s *slotTest) holds(size, count int) {
	s.Helper()
	if gotSize, gotCount, err := s.queue.look(); gotSize != size || gotCount != count || err != nil {
		s.Fatalf("the first has %d bytes of %d messages, %v; want %d of %d", gotSize, gotCount, err, size, count)
	}
}

func (s *slotTest) take(want string) {
	s.Helper()
	size, _, err := s.queue.look()
	s.ok(err)
	buf := make([]byte, max(size, 0))
	s.ok(s.queue.take(buf))
	if string(buf) != want {
		s.Fatalf("took %.40q, want %.40q", buf, want)
	}
}

// isSet reports whether the event is set within so many milliseconds.
func (s *slotTest) isSet(milliseconds uint32) bool {
	s.Helper()
	code, err := windows.WaitForSingleObject(s.event, milliseconds)
	s.ok(err)
	return code == windows.WAIT_OBJECT_0
}

const long = 20_000 // milliseconds for what must happen

// TestQueueWait: a message that ends a wait is the first one afterwards, whatever
// its size, and others are behind it.
func TestQueueWait(t *testing.T) {
	for _, size := range []int{0, 1, leastRoom, leastRoom + 1, keptRoom + 1} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			onQueues(t, func(s *slotTest) {
				first := strings.Repeat("1", size)
				s.holds(none, 0)
				s.queue.beginWait()
				if s.isSet(0) {
					s.Error("set without a message")
				}
				s.write(first)
				if !s.isSet(long) {
					s.Error("not set by a message")
				}
				s.write("second")
				s.holds(size, 2)
				s.queue.endWait()
				s.holds(size, 2)
				s.take(first)
				s.take("second")
				s.holds(none, 0)
			})
		})
	}
}

// TestQueueWaitLater: a wait finds what has come before it, and nothing that has
// been taken.
func TestQueueWaitLater(t *testing.T) {
	onQueues(t, func(s *slotTest) {
		for range 3 {
			s.queue.beginWait()
			s.queue.endWait()
			s.write("message")
			s.holds(7, 1)
			s.queue.beginWait()
			if !s.isSet(long) {
				s.Error("not set by what was there")
			}
			s.take("message")
			if s.isSet(0) {
				s.Error("set by what was taken")
			}
			s.queue.endWait()
		}
	})
}

// TestQueueManyWaits: the event serves all waits, and the last one ends the read.
func TestQueueManyWaits(t *testing.T) {
	onQueues(t, func(s *slotTest) {
		s.queue.beginWait()
		s.queue.beginWait()
		s.queue.endWait()
		if s.isSet(0) {
			s.Error("set by the end of a wait")
		}
		s.write("a")
		if !s.isSet(long) {
			s.Error("not set for the other wait")
		}
		s.queue.endWait()
		if q, ok := s.queue.(*kernelQueue); ok && q.pending && q.waits == 0 {
			s.Error("a read is left")
		}
		s.take("a")
		s.holds(none, 0)
	})
}
