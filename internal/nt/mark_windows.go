package nt

import (
	"strings"
	"sync"

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
	pipeMark   = "|ipc pipe" // of internal/ntpipe
)

func isMark(name string) bool {
	return strings.HasSuffix(name, waitMark) || strings.HasSuffix(name, manualMark) || strings.HasSuffix(name, pipeMark)
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
		if o.full == "" || indexOf(refs[:i], o) >= 0 {
			continue
		}
		if h := makeMark(o.full + waitMark); h != 0 {
			marks = append(marks, h)
		}
	}
	return marks
}

// announced are the blocked waits of this process for named objects, by the
// names of the marks.
var announced struct {
	mu    sync.Mutex
	waits map[string]map[*sleeper]struct{}
}

// announce notes a wait for an object; retract its end.
func announce(o *Object, s *sleeper) {
	if o.full == "" {
		return
	}
	announced.mu.Lock()
	defer announced.mu.Unlock()
	if announced.waits == nil {
		announced.waits = map[string]map[*sleeper]struct{}{}
	}
	if announced.waits[o.full] == nil {
		announced.waits[o.full] = map[*sleeper]struct{}{}
	}
	announced.waits[o.full][s] = struct{}{}
}

func retract(o *Object, s *sleeper) {
	if o.full == "" {
		return
	}
	announced.mu.Lock()
	defer announced.mu.Unlock()
	delete(announced.waits[o.full], s)
	if len(announced.waits[o.full]) == 0 {
		delete(announced.waits, o.full)
	}
}

// waiters counts the waits for the object: those of this process alone for an
// anonymous one, which no other can wait for. Of the waits of this process it
// counts those that have begun, so that what follows finds them in their place.
func (o *Object) waiters() int {
	if o.full == "" {
		o.mu.Lock()
		defer o.mu.Unlock()
		begun, _ := count(o.waits)
		return begun
	}
	announced.mu.Lock()
	defer announced.mu.Unlock()
	_, coming := count(announced.waits[o.full])
	h := openMark(o.full + waitMark)
	if h == 0 {
		return 0
	}
	defer windows.CloseHandle(h)
	info, err := win32.QueryObject(h)
	if err != nil {
		return 0
	}
	return max(int(info.HandleCount)-1-coming, 0)
}

// count tells how many waits have begun, and how many are about to.
func count(waits map[*sleeper]struct{}) (begun, coming int) {
	for s := range waits {
		if s.begun() {
			begun++
		} else {
			coming++
		}
	}
	return begun, coming
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
