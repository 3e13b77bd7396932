package shm

import (
	"context"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// A semaphore's payload is its count. One that reclaims keeps S set for ever,
// since the count and who holds what must change in one step.

// tryPermit is the fast path of a wait for a semaphore.
func (o *Object) tryPermit() (ok, sure bool) {
	for range casTries {
		s := o.word.load()
		if s&^payloadMask != o.base {
			return false, false
		}
		if payload(s) == 0 {
			return false, true
		}
		if o.word.cas(s, s-1) {
			return true, true
		}
	}
	return false, false
}

// AcquireFast takes a permit of a semaphore that nobody waits for. False means
// that TryAcquire or Acquire must try.
func (s *Semaphore) AcquireFast() bool {
	if s.open.Load() == 0 {
		return false
	}
	state := s.word.load()
	if state-1-s.base >= s.max || !s.word.cas(state, state-1) {
		return false // no permit, or a state that needs a closer look
	}
	raceAcquireOne(&s.Object)
	return true
}

// ReleaseFast adds permits while nobody waits and the maximum allows it. False
// means that Release must try.
func (s *Semaphore) ReleaseFast(count int) (previous int, ok bool) {
	raceRelease(&s.Object)
	if s.open.Load() == 0 {
		return 0, false
	}
	state := s.word.load()
	before := state - s.base
	if uint64(count)-1 >= s.max || before > s.max-uint64(count) || !s.word.cas(state, state+uint64(count)) {
		return 0, false
	}
	return int(before), true
}

// TryAcquire takes a permit if there is one.
func (s *Semaphore) TryAcquire() (bool, error) { return s.tryWait() }

// Acquire blocks until there is a permit, and takes it.
func (s *Semaphore) Acquire(ctx context.Context) error { return s.wait(ctx) }

// Release adds permits.
func (s *Semaphore) Release(count int) (previous int, err error) {
	if s.open.Load() == 0 {
		return 0, backend.ErrClosed
	}
	if count < 1 {
		return 0, fmt.Errorf("a release of %d permits, at least 1 is needed: %w", count, backend.ErrInvalid)
	}
	raceRelease(&s.Object)
	for range casTries {
		state := s.word.load()
		if state&^payloadMask != s.base {
			break
		}
		if uint64(payload(state))+uint64(count) > s.max {
			return 0, backend.ErrTooManyPosts
		}
		if s.word.cas(state, state+uint64(count)) {
			return int(payload(state)), nil
		}
	}
	err = s.locked(func(r *objectRecord) error {
		previous, err = s.releaseLocked(r, uint64(count))
		return err
	})
	return previous, err
}

// releaseLocked adds permits under the lock. The limit is that of the count
// alone, whoever waits.
func (o *Object) releaseLocked(r *objectRecord, count uint64) (previous int, err error) {
	n := o.n
	n.close(r)
	state := r.state.load()
	before := payload(state)
	if uint64(before)+count > r.max.load() {
		return 0, backend.ErrTooManyPosts
	}
	if r.kind.load()&flagReclaim != 0 {
		n.putGivenBack(o, r, count)
	}
	n.put(&r.state, withPayload(state, before+uint32(count)))
	n.commit()
	n.settle(o.index, r)
	return int(before), nil
}

// putGivenBack lowers what this process counts as holding: through this handle
// first, then through its others.
func (n *Namespace) putGivenBack(o *Object, r *objectRecord, count uint64) {
	lower := func(rec *handleRecord) {
		held := permitsOf(r, rec)
		if d := min(held, count); d > 0 && n.pending < logSize-2 {
			n.put(&rec.permits, rec.permits.load()-d)
			count -= d
		}
	}
	lower(n.handle(o.handle))
	for h, rec := range n.handlesOf(r) {
		if count == 0 {
			return
		}
		if h != o.handle && second(rec.place.load()) == n.slotIndex {
			lower(rec)
		}
	}
}
