package shm

import (
	"context"

	"github.com/winsys-go/ipc/internal/backend"
)

// A mutex's payload is its owner; see state.go. Without an Owner that is the
// handle, whose states free and owned are computed when it is opened, so that
// locking and unlocking a mutex that nobody waits for is one compare-and-swap
// each.

// LockFast takes a free mutex that nobody waits for and that was not
// abandoned. False means that Lock or TryLock must try.
//
// open is looked at after the lock was stored, as in stillOpen.
func (m *Mutex) LockFast() bool {
	if m.open.Load() == 0 || !m.word.cas(m.free, m.owned) {
		return false
	}
	if m.open.Load() == 0 {
		m.giveUp(false)
		return false
	}
	raceAcquireOne(&m.Object)
	return true
}

// UnlockFast gives up a mutex that this handle owns and nobody waits for.
// False means that Unlock must do it.
func (m *Mutex) UnlockFast() bool {
	raceRelease(&m.Object)
	return m.open.Load() != 0 && m.word.cas(m.owned, m.free)
}

// TryLock takes the mutex if it is free.
func (m *Mutex) TryLock() (locked, wasAbandoned bool, err error) {
	if m.open.Load() == 0 {
		return false, false, backend.ErrClosed
	}
	if m.word.cas(m.free, m.owned) {
		return m.stillOpen(false)
	}
	locked, wasAbandoned, sure := m.tryMutex()
	switch {
	case locked:
		return m.stillOpen(wasAbandoned)
	case sure:
		return false, false, nil
	}
	locked, result, err := m.tryLocked()
	return locked, result.Abandoned != 0, err
}

// stillOpen looks whether the handle was closed before the lock that has just
// been taken: then whoever closed it may not have seen the lock, and it is
// given up here.
func (o *Object) stillOpen(wasAbandoned bool) (bool, bool, error) {
	if o.open.Load() == 0 {
		o.giveUp(wasAbandoned)
		return false, false, backend.ErrClosed
	}
	raceAcquireOne(o)
	return true, wasAbandoned, nil
}

// giveUp undoes a lock through a closed handle.
func (o *Object) giveUp(wasAbandoned bool) {
	if !wasAbandoned && o.word.cas(o.owned, o.free) {
		return
	}
	flag := when(wasAbandoned, abandoned)
	persist(func() error { return o.giveUpLocked(flag) })
}

// giveUpLocked is giveUp under the lock. If even the namespace was closed meanwhile,
// this process comes back for it.
func (o *Object) giveUpLocked(flag uint64) error {
	free := func(n *Namespace) error {
		return n.locked(func() error {
			r := n.object(o.index)
			if generation(r.state.load()) == o.base {
				n.pass(o.index, r, o.owner, flag)
			}
			return nil
		})
	}
	err := free(o.n)
	if err != backend.ErrClosed {
		return err
	}
	n, err := Attach(o.n.mem, o.n.sys)
	if err == nil {
		err = free(n)
		n.depart()
	}
	return err
}

// tryMutex takes a free mutex whatever its flags, ahead of those who wait for
// it. sure is false when the state must be looked at under the lock: somebody
// decides there about it, or the owner is dead.
func (o *Object) tryMutex() (locked, wasAbandoned, sure bool) {
	for range casTries {
		s := o.word.load()
		if generation(s) != o.base {
			return false, false, false
		}
		switch owner := payload(s); owner {
		case 0:
			if o.word.cas(s, withPayload(s&^abandoned, o.owner)) {
				return true, s&abandoned != 0, true
			}
		case frozen:
			return false, false, false
		default:
			return false, false, o.n.lives(ownerSlot(owner))
		}
	}
	return false, false, false
}

// lives reports whether the process of a slot lives, without the lock.
func (n *Namespace) lives(slot uint32) bool {
	if slot == 0 || uint64(slot) >= min(n.header().tables[slotTable].limit.load(), maxSlots) {
		return false
	}
	r := n.slotAt(slot)
	return !r.hasLeft() && !isDead(r.alive.load())
}

// Lock takes the mutex, blocking until it is free.
func (m *Mutex) Lock(ctx context.Context) (wasAbandoned bool, err error) {
	if m.open.Load() == 0 {
		return false, backend.ErrClosed
	}
	if locked, wasAbandoned, _ := m.tryMutex(); locked { // the shortest way while somebody is queued
		_, wasAbandoned, err = m.stillOpen(wasAbandoned)
		return wasAbandoned, err
	}
	result, err := waitOne(ctx, &m.Object)
	return result.Abandoned != 0, err
}

// Unlock gives the mutex up.
func (m *Mutex) Unlock() error {
	if m.open.Load() == 0 {
		return backend.ErrClosed
	}
	return m.unlockAs(m.owner)
}

// unlockAs gives up a mutex that owner owns.
func (o *Object) unlockAs(owner uint32) error {
	raceRelease(o)
	for range casTries {
		s := o.word.load()
		if generation(s) != o.base || payload(s) == frozen {
			break // somebody is just deciding whose it is
		}
		if payload(s) != owner {
			return o.notOwner()
		}
		if s&slowBit != 0 && (s&wokenBit == 0 || o.awaitsTooLong()) {
			break
		}
		if o.word.cas(s, withPayload(s, 0)) {
			return nil
		}
	}
	return o.locked(func(r *objectRecord) error { // which looks whether it is open
		if !o.n.pass(o.index, r, owner, 0) {
			return backend.ErrNotOwner
		}
		return nil
	})
}

// awaitsTooLong is asked before each unlock that leaves the mutex to a waiter on
// its way. It reports whether that has been so for longer than the waiter's time,
// so that somebody must look under the lock: the waiter may be stopped, or whoever
// should have woken it. As long as all is well it takes no more than a count:
// the clock is read at the first, second, fourth, eighth and then every 16th time.
func (o *Object) awaitsTooLong() bool {
	k := o.left.Add(1)
	if k&(k-1) != 0 && k%16 != 0 {
		return false
	}
	now := o.n.sys.Now()
	if k == 1 {
		o.leftSince.Store(now)
		return false
	}
	if now-o.leftSince.Load() < handOverAfter {
		return false
	}
	o.left.Store(0)
	return true
}

// notOwner is the error of an unlock that is not due, or of one that comes after
// the handle was closed, and the mutex abandoned.
func (o *Object) notOwner() error {
	if o.open.Load() == 0 {
		return backend.ErrClosed
	}
	return backend.ErrNotOwner
}

// pass frees a mutex that owner has, and gives it to whoever is next. flag may
// be abandoned. It closes the mutex first: until then the owner may free it by
// a fast path, and somebody else have it.
func (n *Namespace) pass(i uint32, r *objectRecord, owner uint32, flag uint64) (wasOwner bool) {
	n.close(r)
	if payload(r.state.load()) != owner {
		return false
	}
	r.state.store(withPayload(r.state.load()&^abandoned|flag, frozen))
	n.frozen = append(n.frozen, i)
	n.settle(i, r)
	return true
}
