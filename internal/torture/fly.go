//go:build linux

package torture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/winsys-go/ipc"
)

// flyNames is the number of names of each kind that objects are made by on the
// fly. They are few, so that workers meet in them.
const flyNames = 3

// disturb changes what is waited for and never held.
func (h *hand) disturb() {
	manual := h.handles.event(manual0 + h.random.IntN(2))
	switch h.random.IntN(6) {
	case 0:
		h.must(manual.Set(), "set")
	case 1:
		h.must(manual.Reset(), "reset")
	case 2:
		h.must(manual.Pulse(), "pulse")
	case 3:
		h.must(h.handles.timer(tick).Set(h.upTo(2*time.Millisecond), h.upTo(4*time.Millisecond)), "set a timer")
	case 4:
		h.must(h.handles.timer(tick).Cancel(), "cancel a timer")
	case 5:
		_, err := h.handles.describe(h.random.IntN(len(objects)))
		h.must(err, "describe")
	}
}

// fly makes an object, or meets others in it, uses it and closes it.
func (h *hand) fly() {
	i := h.random.IntN(flyNames)
	switch h.random.IntN(4) {
	case 0:
		h.flyEvent(fmt.Sprintf("fly-event-%d", i))
	case 1:
		h.flySemaphore(fmt.Sprintf("fly-semaphore-%d", i))
	case 2:
		h.flyMutex(i)
	case 3:
		h.flyAnonymous()
	}
}

func (h *hand) flyEvent(name string) {
	e, err := h.namespace.OpenEvent(name)
	if errors.Is(err, ipc.ErrNotExist) {
		e, err = h.namespace.CreateEvent(name, &ipc.EventOptions{ManualReset: true})
	}
	h.must(err, "open or create")
	h.must(e.Set(), "set")
	if set, err := e.IsSet(); err != nil || !set { // nobody resets it
		h.fail("%s is set: %v, %v", name, set, err)
	}
	h.must(e.Close(), "close")
	if err := e.Set(); !errors.Is(err, ipc.ErrClosed) {
		h.fail("set %s when it is closed: %v", name, err)
	}
}

func (h *hand) flySemaphore(name string) {
	s, err := h.namespace.CreateSemaphore(name, &ipc.SemaphoreOptions{Initial: 1, Max: 1, ReclaimOnExit: true})
	h.must(err, "create")
	ok, err := s.TryAcquire()
	h.must(err, "acquire")
	if ok && h.chance(2) { // otherwise the last handle gives it back
		_, err = s.Release(1)
		h.must(err, "release")
	}
	h.must(s.Close(), "close")
}

// flyMutex meets others in a mutex that is nothing but a name. One that was
// abandoned may be gone, and its guard be left, so a number that is there
// proves nothing; one that is not there any more at the end does.
func (h *hand) flyMutex(i int) {
	m, err := h.namespace.CreateMutex(fmt.Sprintf("fly-mutex-%d", i), nil)
	h.must(err, "create")
	ctx, cancel := context.WithTimeout(h.waits, h.upTo(3*time.Millisecond))
	defer cancel()
	if _, err := h.owner.Lock(ctx, m); err != nil {
		h.ended(limit{context: ctx}, err, "lock")
	} else {
		guard := &h.ledger.flying[i]
		guard.Store(h.number)
		if h.chance(4) {
			time.Sleep(h.upTo(100 * time.Microsecond))
		}
		if !guard.CompareAndSwap(h.number, 0) {
			h.fail("hand %d was in %s at the same time", guard.Load(), m)
		}
		h.must(h.owner.Unlock(m), "unlock")
	}
	h.must(m.Close(), "close")
}

// flyAnonymous hands a signal to a wait of its own.
func (h *hand) flyAnonymous() {
	e, err := h.namespace.CreateEvent("", nil)
	h.must(err, "create")
	done := make(chan error, 1)
	go func() { done <- e.Wait(h.waits) }()
	h.must(e.Set(), "set")
	h.must(<-done, "wait for what was set") // a signal wins over the end of the context
	if left, err := e.TryWait(); err != nil || left {
		h.fail("the signal of an anonymous event is still there: %v, %v", left, err)
	}
	h.must(e.Close(), "close")
}

// visit takes a unit through an attachment of its own, which then leaves, maybe
// during the wait.
func (h *hand) visit() {
	k := h.oneOf(conserved &^ h.held())
	n, err := ipc.OpenNamespace(h.namespace.Dir(), nil)
	h.must(err, "open the namespace")
	object, err := open(n, k)
	h.must(err, "open")
	l := h.limit()
	defer l.cancel()
	l.closing = h.chance(2)
	if l.closing {
		timer := time.AfterFunc(h.upTo(2*time.Millisecond), func() { n.Close() })
		defer timer.Stop()
	}
	h.record.write(h.record.read().aboutTo(0, of(k), true))
	if _, err := h.waitSingle(l.context, object, false); err != nil {
		h.ended(l, err, "wait as a visitor")
		h.record.write(holding(h.held()))
	} else {
		h.enter(of(k), 0, false)
	}
	h.must(n.Close(), "close the namespace")
}
