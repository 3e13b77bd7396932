//go:build linux

package torture

import (
	"context"
	"errors"
	"time"

	"github.com/winsys-go/ipc"
)

// step does one thing.
func (h *hand) step() {
	held := h.held()
	switch n := h.random.IntN(100); {
	case n < 8:
		h.disturb()
	case n < 12:
		h.fly()
	case n < 13:
		h.visit()
	case n < 16 && held&h.byOwner != 0:
		h.lockAgain(h.oneOf(held & h.byOwner))
	case n < 18 && held&h.byOwner != 0:
		h.closeOwner()
	case n < 20 && held&locks == 0:
		h.closeLocked()
	case n < 35 && held != 0:
		h.giveAndTake()
	case n < 40+20*held.size() && held != 0:
		h.give(h.oneOf(held))
	default:
		h.take()
	}
}

// oneOf draws a member of s.
func (h *hand) oneOf(s set) int {
	skip := h.random.IntN(s.size())
	for k := range s.all() {
		if skip == 0 {
			return k
		}
		skip--
	}
	panic("torture: one of none")
}

// give gives a unit that the hand holds.
func (h *hand) give(k int) {
	h.record.write(h.record.read().aboutTo(of(k), 0, true))
	h.letGo(of(k))
	switch {
	case objects[k].kind != lock:
		h.must(h.handles.give(k, h.upTo(2*time.Millisecond)), "give")
	case h.byOwner.has(k):
		h.must(h.owner.Unlock(h.handles.mutex(k)), "unlock")
	default:
		h.must(h.handles.mutex(k).Unlock(), "unlock")
	}
	h.gone(of(k))
}

// take waits for one, any or all of a few objects.
func (h *hand) take() {
	numbers := h.draw(1 + h.random.IntN(4)*h.random.IntN(2))
	all := h.chance(2)
	byOwner := h.chance(2)
	private := h.chance(4) && (byOwner || of(numbers...)&locks == 0)
	waitables := make([]ipc.Waitable, len(numbers))
	for i, k := range numbers {
		waitables[i] = h.reach(k, private)
	}
	l := h.limit()
	defer l.cancel()
	if private && h.chance(3) {
		l.closing = true
		closer := waitables[h.random.IntN(len(waitables))]
		timer := time.AfterFunc(h.upTo(time.Millisecond), func() { closer.Close() })
		defer timer.Stop()
	}
	h.record.write(h.record.read().aboutTo(0, of(numbers...), all))
	result, err := h.wait(l, waitables, all, byOwner)
	if err != nil {
		h.ended(l, err, "wait")
		h.record.write(holding(h.held()))
	} else {
		h.took(numbers, result, all, byOwner)
	}
	h.closePrivate()
}

// draw draws n different objects that the hand does not hold, in any order.
func (h *hand) draw(n int) []int {
	free := set(objectMask) &^ h.held()
	var numbers []int
	for range n {
		k := h.oneOf(free)
		free &^= of(k)
		numbers = append(numbers, k)
	}
	return numbers
}

// wait is one wait, in one of the forms that the package has for it.
func (h *hand) wait(l limit, objs []ipc.Waitable, all, byOwner bool) (ipc.Result, error) {
	switch {
	case len(objs) == 1 && h.chance(2):
		return h.waitSingle(l.context, objs[0], byOwner)
	case byOwner && all:
		return h.owner.WaitAll(l.context, objs...)
	case byOwner:
		return h.owner.WaitAny(l.context, objs...)
	case all:
		return ipc.WaitAll(l.context, objs...)
	}
	return ipc.WaitAny(l.context, objs...)
}

// waitSingle waits by the object's own method.
func (h *hand) waitSingle(ctx context.Context, object ipc.Waitable, byOwner bool) (ipc.Result, error) {
	abandoned, err := false, error(nil)
	switch o := object.(type) {
	case *ipc.Event:
		err = o.Wait(ctx)
	case *ipc.Timer:
		err = o.Wait(ctx)
	case *ipc.Semaphore:
		err = o.Acquire(ctx)
	case *ipc.Mutex:
		if byOwner {
			abandoned, err = h.owner.Lock(ctx, o)
		} else {
			abandoned, err = o.Lock(ctx)
		}
	}
	result := ipc.Result{Object: object}
	if abandoned {
		result.Abandoned = []int{0}
	}
	return result, err
}

// took records what a wait has taken.
func (h *hand) took(numbers []int, r ipc.Result, all, byOwner bool) {
	gained := of(numbers...)
	if !all {
		gained = of(numbers[r.Index])
		for _, k := range numbers[:r.Index] {
			if k == always {
				h.fail("a wait-any passed over an object that is always signalled, for %v", gained)
			}
		}
	}
	if never := gained & of(neverEvent, neverTimer); never != 0 {
		h.fail("%v was signalled", never)
	}
	var abandoned set
	for _, i := range r.Abandoned {
		abandoned |= of(numbers[i])
	}
	if strange := abandoned &^ (gained & locks); strange != 0 {
		h.fail("%v was abandoned and not locked", strange)
	}
	h.enter(gained&ownableMask, abandoned, byOwner)
}

// giveAndTake signals what the hand holds and waits for another object.
func (h *hand) giveAndTake() {
	held := h.held()
	candidates := held
	for k := range held.all() {
		if objects[k].kind == alarm {
			candidates &^= of(k) // a timer cannot be signalled
		}
	}
	if candidates == 0 {
		return
	}
	k := h.oneOf(candidates)
	other := h.draw(1)
	byOwner := h.chance(2)
	if objects[k].kind == lock {
		byOwner = h.byOwner.has(k)
	}
	l := h.limit()
	defer l.cancel()
	h.record.write(h.record.read().aboutTo(of(k), of(other...), true))
	h.letGo(of(k))
	signalAndWait := ipc.SignalAndWait
	if byOwner {
		signalAndWait = h.owner.SignalAndWait
	}
	result, err := signalAndWait(l.context, h.handles[k], h.handles[other[0]])
	if err != nil {
		h.ended(l, err, "signal and wait")
		h.gone(of(k))
		return
	}
	// It has given, and what it has taken is still in doubt.
	h.byOwner &^= of(k)
	h.record.write(holding(held&^of(k)).aboutTo(0, of(other...), true))
	h.took(other, result, true, byOwner)
}

// lockAgain locks a mutex that the Owner owns once more, which nobody else may.
func (h *hand) lockAgain(k int) {
	m := h.handles.mutex(k)
	abandoned, err := h.owner.Lock(h.waits, m)
	if err != nil || abandoned {
		h.fail("lock %s again: abandoned %v, %v", objects[k].name, abandoned, err)
	}
	if err := ipc.NewOwner().Unlock(m); !errors.Is(err, ipc.ErrNotOwner) {
		h.fail("a stranger unlocked %s: %v", objects[k].name, err)
	}
	h.must(h.owner.Unlock(m), "unlock once")
}

// closeOwner abandons all that the Owner owns.
func (h *hand) closeOwner() {
	h.abandon(h.byOwner, h.owner.Close)
	h.owner = ipc.NewOwner()
}

// closeLocked locks a mutex by a handle of its own, and closes that.
func (h *hand) closeLocked() {
	k := h.oneOf(locks)
	l := h.limit()
	defer l.cancel()
	m := h.reach(k, true).(*ipc.Mutex)
	h.record.write(h.record.read().aboutTo(0, of(k), true))
	abandoned, err := m.Lock(l.context)
	if err != nil {
		h.ended(l, err, "lock")
		h.record.write(holding(h.held()))
		h.closePrivate()
		return
	}
	var told set
	if abandoned {
		told = of(k)
	}
	h.enter(of(k), told, false)
	h.abandon(of(k), func() error { h.closePrivate(); return nil })
}

// abandon gives up mutexes by closing their owner.
func (h *hand) abandon(mutexes set, closeOwner func() error) {
	h.record.write(h.record.read().aboutTo(mutexes, 0, true))
	h.letGo(mutexes)
	for k := range mutexes.all() {
		h.ledger.abandoned[k].Add(1)
	}
	h.must(closeOwner(), "close the owner")
	h.gone(mutexes)
}
