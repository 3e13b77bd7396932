package nt

import (
	"strings"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// The kernel does not tell how many wait for an object, nor what kind of timer
// one is. So that the processes that use this package can tell each other, they
// keep marks: events with the name of the object and one of these endings. A
// mark exists as long as somebody has it open, which the kernel sees to, however
// a process ends; and how many have it open is what the kernel does tell.
const (
	waitMark   = "|ipc waits"
	manualMark = "|ipc manual"
)

func isMark(name string) bool {
	return strings.HasSuffix(name, waitMark) || strings.HasSuffix(name, manualMark)
}

// makeMark opens a mark, for as long as the handle is open. A mark is only told
// to people, so a failure is not one of the operation: the handle is 0.
func makeMark(name string) windows.Handle {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0
	}
	h, _ := windows.CreateEventEx(nil, p, 0, windows.SYNCHRONIZE)
	return h
}

// openMark opens a mark if it exists; else the handle is 0.
func openMark(name string) windows.Handle {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0
	}
	h, _ := windows.OpenEvent(windows.SYNCHRONIZE, false, p)
	return h
}

// markWaits marks the objects, each once, as waited for.
func markWaits(refs []*Object) (marks []windows.Handle) {
	for i, o := range refs {
		if o.full == "" || isRepeated(refs[:i], o) {
			continue
		}
		if h := makeMark(o.full + waitMark); h != 0 {
			marks = append(marks, h)
		}
	}
	return marks
}

func isRepeated(earlier []*Object, o *Object) bool {
	for _, other := range earlier {
		if other.full == o.full {
			return true
		}
	}
	return false
}

// waiters counts the waits for the object: those of this process alone for an
// anonymous one, which no other can wait for. Of the waits through this handle it
// counts those that have begun, so that what follows finds them in their place.
func (o *Object) waiters() int {
	begun, others := 0, 0
	o.mu.Lock()
	defer o.mu.Unlock()
	for s := range o.waits {
		if s.begun() {
			begun++
		} else {
			others++
		}
	}
	if o.full == "" {
		return begun
	}
	h := openMark(o.full + waitMark)
	if h == 0 {
		return 0
	}
	defer windows.CloseHandle(h)
	info, err := win32.QueryObject(h)
	if err != nil {
		return 0
	}
	return max(int(info.HandleCount)-1-others, 0)
}

// noteManual keeps the mark of a named manual-reset timer, as long as the handle
// is open.
func (o *Object) noteManual(manual bool) {
	switch {
	case o.full == "":
		o.timer.manual = manual
	case o.existed:
		o.manual = openMark(o.full + manualMark)
	case manual:
		o.manual = makeMark(o.full + manualMark)
	}
}

// isManual tells the kind of a timer.
func (o *Object) isManual() bool {
	if o.full == "" || o.manual != 0 {
		return o.timer.manual || o.manual != 0
	}
	h := openMark(o.full + manualMark)
	if h == 0 {
		return false
	}
	windows.CloseHandle(h)
	return true
}
