//go:build linux

package torture

import (
	"fmt"
	"time"

	"github.com/winsys-go/ipc"
)

// A kind is what an object is to the hands.
type kind int

const (
	baton   kind = iota // auto-reset event
	alarm               // auto-reset timer that fires once
	pool                // semaphore
	deposit             // semaphore with ReclaimOnExit
	lock                // mutex
	company             // what is waited for and never held
)

// An object is one of those that every worker has open.
type object struct {
	kind  kind
	name  string
	total int // units of it
}

// ownable is the number of objects that units can be held of. They come first.
const ownable = 18

var objects = [...]object{
	{baton, "baton-0", 1},
	{baton, "baton-1", 1},
	{baton, "baton-2", 1},
	{baton, "baton-3", 1},
	{baton, "baton-4", 1},
	{baton, "baton-5", 1},
	{alarm, "alarm-0", 1},
	{alarm, "alarm-1", 1},
	{alarm, "alarm-2", 1},
	{pool, "pool-0", 1},
	{pool, "pool-1", 2},
	{pool, "pool-2", 4},
	{deposit, "deposit-0", 2},
	{deposit, "deposit-1", 4},
	{lock, "lock-0", 1},
	{lock, "lock-1", 1},
	{lock, "lock-2", 1},
	{lock, "lock-3", 1},
	{company, "manual-0", 0}, // set, reset and pulsed at random
	{company, "manual-1", 0},
	{company, "tick", 0},        // a timer that is set at random
	{company, "always", 0},      // an event that is set for ever
	{company, "never-event", 0}, // an event that is never set
	{company, "never-timer", 0}, // a timer that is due long after the run
}

// The numbers of those that have a part of their own.
const (
	manual0 = ownable + iota
	manual1
	tick
	always
	neverEvent
	neverTimer
)

// conserved are the objects whose units are counted exactly, except for what
// dies; exclusive are those that have guards.
var conserved, exclusive, locks, deposits = classes()

func classes() (conserved, exclusive, locks, deposits set) {
	for k, o := range objects {
		switch o.kind {
		case baton, alarm:
			conserved |= of(k)
			exclusive |= of(k)
		case pool:
			conserved |= of(k)
		case deposit:
			deposits |= of(k)
		case lock:
			locks |= of(k)
			exclusive |= of(k)
		}
	}
	return
}

// isPermanent: every second object outlives its handles.
func isPermanent(k int) bool { return k%2 == 1 }

// create makes object k, signalled as it is at the beginning: with all its
// units.
func create(n *ipc.Namespace, k int) (ipc.Waitable, error) {
	o := objects[k]
	permanent := isPermanent(k)
	switch {
	case o.kind == baton:
		return n.CreateEvent(o.name, &ipc.EventOptions{InitiallySet: true, Permanent: permanent})
	case o.kind == alarm:
		t, err := n.CreateTimer(o.name, &ipc.TimerOptions{Permanent: permanent})
		if err == nil {
			err = t.Set(0, 0)
		}
		return t, err
	case o.kind == pool, o.kind == deposit:
		return n.CreateSemaphore(o.name, &ipc.SemaphoreOptions{
			Initial: o.total, Max: o.total, ReclaimOnExit: o.kind == deposit, Permanent: permanent,
		})
	case o.kind == lock:
		return n.CreateMutex(o.name, &ipc.MutexOptions{Permanent: permanent})
	case k == tick:
		return n.CreateTimer(o.name, &ipc.TimerOptions{Permanent: permanent})
	case k == neverTimer:
		t, err := n.CreateTimer(o.name, &ipc.TimerOptions{Permanent: permanent})
		if err == nil {
			err = t.Set(1000*time.Hour, 0)
		}
		return t, err
	}
	return n.CreateEvent(o.name, &ipc.EventOptions{
		ManualReset: k != neverEvent, InitiallySet: k == always, Permanent: permanent,
	})
}

// open opens object k, which somebody has open.
func open(n *ipc.Namespace, k int) (ipc.Waitable, error) {
	o := objects[k]
	switch {
	case o.kind == alarm, k == tick, k == neverTimer:
		return n.OpenTimer(o.name)
	case o.kind == pool, o.kind == deposit:
		return n.OpenSemaphore(o.name)
	case o.kind == lock:
		return n.OpenMutex(o.name)
	}
	return n.OpenEvent(o.name)
}

// handles are a process's handles to the objects.
type handles [len(objects)]ipc.Waitable

// each opens or creates all objects.
func (h *handles) each(n *ipc.Namespace, f func(*ipc.Namespace, int) (ipc.Waitable, error)) error {
	for k := range objects {
		o, err := f(n, k)
		if err != nil {
			return err
		}
		h[k] = o
	}
	return nil
}

func (h *handles) event(k int) *ipc.Event         { return h[k].(*ipc.Event) }
func (h *handles) timer(k int) *ipc.Timer         { return h[k].(*ipc.Timer) }
func (h *handles) semaphore(k int) *ipc.Semaphore { return h[k].(*ipc.Semaphore) }
func (h *handles) mutex(k int) *ipc.Mutex         { return h[k].(*ipc.Mutex) }

// describe gives the state of object k.
func (h *handles) describe(k int) (ipc.Info, error) {
	switch o := h[k].(type) {
	case *ipc.Event:
		return o.Info()
	case *ipc.Timer:
		return o.Info()
	case *ipc.Semaphore:
		return o.Info()
	case *ipc.Mutex:
		return o.Info()
	}
	return ipc.Info{}, fmt.Errorf("torture: no object %d", k)
}

// give puts one unit of object k, which is no mutex, back. after is when an
// alarm is due.
func (h *handles) give(k int, after time.Duration) error {
	switch objects[k].kind {
	case baton:
		return h.event(k).Set()
	case alarm:
		if after%2 == 0 {
			return h.timer(k).SetAt(time.Now().Add(after), 0)
		}
		return h.timer(k).Set(after, 0)
	}
	_, err := h.semaphore(k).Release(1)
	return err
}
