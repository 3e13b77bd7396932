package nt

import (
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// An Object is a handle to an object of the kernel. Its zero value is a closed
// handle.
type Object struct {
	kind    backend.Kind
	n       *Namespace
	name    string // within the namespace
	full    string // the kernel's; empty for an anonymous object
	existed bool

	mu     sync.Mutex
	handle windows.Handle
	open   bool
	uses   int                   // calls that use the handle now
	quiet  chan struct{}         // closed when uses is 0, if somebody waits for that
	waits  map[*sleeper]struct{} // blocked waits through this handle
	holder *thread               // mutexes: the thread that owns it for this handle

	timer  timerState
	manual windows.Handle // timers: see manualMark

	mailslot *Mailslot // that the object is the event of
}

// Event, Mutex, Semaphore and Timer are Objects with the operations of their
// kinds.
type (
	Event     struct{ Object }
	Mutex     struct{ Object }
	Semaphore struct{ Object }
	Timer     struct{ Object }
)

var (
	_ backend.EventObject     = (*Event)(nil)
	_ backend.MutexObject     = (*Mutex)(nil)
	_ backend.SemaphoreObject = (*Semaphore)(nil)
	_ backend.TimerObject     = (*Timer)(nil)
)

// Namespace gives the namespace of the object; nil for the zero value.
func (o *Object) Namespace() *Namespace { return o.n }

// Existed reports whether Create found the object in existence.
func (o *Object) Existed() bool { return o.existed }

// bind makes o a handle.
func (o *Object) bind(h windows.Handle) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.handle, o.open = h, true
}

// use makes sure that the handle stays what it is until unuse.
func (o *Object) use() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.open {
		return backend.ErrClosed
	}
	o.uses++
	return nil
}

func (o *Object) unuse() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.uses--
	o.quieten()
}

// quieten tells awaitQuiet when nobody uses the handle. mu is held.
func (o *Object) quieten() {
	if o.uses == 0 && o.quiet != nil {
		close(o.quiet)
		o.quiet = nil
	}
}

// using runs do with the kernel's handle.
func (o *Object) using(do func(h windows.Handle) error) error {
	if err := o.use(); err != nil {
		return err
	}
	defer o.unuse()
	return wrap(do(o.handle))
}

// enter notes a wait that blocks through the handle, and leave its end.
func (o *Object) enter(s *sleeper) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.open {
		s.interrupt(backend.ErrClosed)
		return
	}
	if o.waits == nil {
		o.waits = map[*sleeper]struct{}{}
	}
	o.waits[s] = struct{}{}
}

func (o *Object) leave(s *sleeper) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.waits, s)
}

// shut makes the handle unusable and ends the waits through it.
func (o *Object) shut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = false
	for s := range o.waits {
		s.interrupt(backend.ErrClosed)
	}
}

// awaitQuiet waits until nobody uses the handle.
func (o *Object) awaitQuiet() {
	o.mu.Lock()
	if o.uses == 0 {
		o.mu.Unlock()
		return
	}
	if o.quiet == nil {
		o.quiet = make(chan struct{})
	}
	quiet := o.quiet
	o.mu.Unlock()
	<-quiet
}

// Close closes the handle. Its waits return ErrClosed, and a mutex that the
// handle owns is abandoned.
func (o *Object) Close() error {
	o.shut()
	o.awaitQuiet()
	o.mu.Lock()
	h, mark, holder, slot := o.handle, o.manual, o.holder, o.mailslot
	o.handle, o.manual, o.holder, o.mailslot = 0, 0, nil, nil
	o.mu.Unlock()
	if h == 0 {
		return nil
	}
	if o.n != nil {
		o.n.remove(o)
	}
	if holder != nil {
		holder.abandon()
	}
	if mark != 0 {
		windows.CloseHandle(mark)
	}
	var failed error
	if slot != nil {
		failed = slot.queue.close()
	}
	if err := windows.CloseHandle(h); err != nil && failed == nil {
		failed = err
	}
	return wrap(failed)
}
