package shm

import "sync/atomic"

// A guard is the mutex of a Namespace. A wait that is over, and finds it taken, does
// not wait for it: it leaves its waiter behind, to be released by whoever has the
// guard. Otherwise most of a crowd that was woken would queue up here.
type guard struct {
	mu   localMutex
	n    *Namespace
	left atomic.Pointer[waiter] // the last one that was left; see waiter.before
}

func (g *guard) Lock() {
	g.mu.Lock()
	g.releaseLeft()
}

// Unlock makes sure that nothing stays behind: who has left a waiter while the guard
// was taken may have been the last for long.
func (g *guard) Unlock() {
	g.releaseLeft()
	g.mu.Unlock()
	for g.left.Load() != nil && g.mu.TryLock() {
		g.releaseLeft()
		g.mu.Unlock()
	}
}

// leave has w released, now or by whoever has the guard.
func (g *guard) leave(w *waiter) {
	if g.mu.TryLock() {
		g.n.release(w)
		g.Unlock()
		return
	}
	for left := false; !left; {
		w.before = g.left.Load()
		left = g.left.CompareAndSwap(w.before, w)
	}
	if g.mu.TryLock() { // whoever had it may have looked before
		g.Unlock()
	}
}

// releaseLeft releases the waiters that were left.
func (g *guard) releaseLeft() {
	if g.left.Load() == nil {
		return
	}
	for w := g.left.Swap(nil); w != nil; {
		before := w.before
		w.before = nil
		g.n.release(w)
		w = before
	}
}
