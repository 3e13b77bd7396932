package shm

import (
	"errors"
	"fmt"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// The namespace's lock. Everything that is more than one compare-and-swap runs
// under it. Within a process, goroutines first take the Namespace's mutex, so
// that at most one of them competes with other processes, and blocks at most
// one thread.
//
// Who writes the lock word: a process that takes it free, or from a dead
// holder; its holder, to let it go; and one that is about to sleep, to say so.
// A reader may see any of these. A holder that dies leaves its word; whoever
// finds out that the holder is dead takes the lock over and recovers.

const (
	lockSpins    = 40                   // of 25 ns each, growing: about 2 µs
	lockNap      = 2 * time.Millisecond // then it looks again whether the holder lives
	lockPatience = 30 * time.Second     // then the holder counts as stuck
)

// maxGrowths bounds how often locked begins anew, after a table has grown or a
// dead process was reaped.
const maxGrowths = 1000

// locked runs do under the namespace's lock, then wakes whom do has granted
// anything. An error of do must leave everything as it was. locked fails
// without running do when the namespace is closed, damaged, or its lock is
// held by a process that does not move.
func (n *Namespace) locked(do func() error) error {
	for range maxGrowths {
		err := n.lockedOnce(do)
		var s shortage
		var d deadHolder
		switch {
		case err == nil:
			return nil
		case errors.As(err, &s):
			if err := n.grow(s.table, s.limit); err != nil {
				return err
			}
		case errors.As(err, &d):
			if err := n.reap(d.slot); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return fmt.Errorf("%w: what stands in the way of the operation comes back again and again", backend.ErrCorrupt)
}

// deadHolder unwinds a locked section, before it has changed anything, that
// has met a dead process whose share must be cleared up first.
type deadHolder struct{ slot uint32 }

func (d deadHolder) Error() string { return fmt.Sprintf("slot %d is dead", d.slot) }

func (n *Namespace) lockedOnce(do func() error) error {
	n.mu.Lock()
	if n.closed && !n.leaving {
		n.mu.Unlock()
		return backend.ErrClosed
	}
	return n.section(do)
}

// section is lockedOnce for those who have n.mu, which it lets go.
func (n *Namespace) section(do func() error) error {
	recoverFirst, err := n.lock()
	if err != nil {
		n.mu.Unlock()
		return err
	}
	n.pin()
	err = n.guarded(func() error {
		if recoverFirst {
			n.recover()
		}
		err := do()
		n.finish()
		return err
	})
	n.unpin()
	n.unlock()
	wakes := n.wakes
	n.wakes = wakeList{}
	n.mu.Unlock()
	n.deliver(&wakes)
	return err
}

// guarded, which is called under the lock only, runs do and turns damage into
// an error. The segment is left in a state that recovery can work with: nothing
// half done, except what the damage itself prevents.
func (n *Namespace) guarded(do func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case corruption:
			err = n.abort(r)
		default:
			panic(r) // not ours to stop
		}
	}()
	return do()
}

// abort gives up a change that met damage: one that was committed is finished,
// any other forgotten.
func (n *Namespace) abort(cause corruption) error {
	n.pending = 0
	n.touched = n.touched[:0]
	n.holding = false
	attempt(n.thawAll) // as far as it goes
	n.frozen = n.frozen[:0]
	if n.header().logCount.load() != 0 {
		if err := attempt(n.redo); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %s", backend.ErrCorrupt, string(cause))
}

// attempt runs do, which may meet damage once more.
func attempt(do func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case corruption:
			err = r
		default:
			panic(r)
		}
	}()
	do()
	return nil
}

// lock takes the namespace's lock. recoverFirst reports that the last holder
// died with it, so that nothing may be believed before n.recover.
func (n *Namespace) lock() (recoverFirst bool, err error) {
	w := &n.header().lock
	if w.cas(0, n.lockFree) {
		return false, n.check()
	}
	mine := n.lockFree
	var giveUp int64
	for spin := 0; ; spin++ {
		held := w.load()
		switch {
		case held == 0:
			if w.cas(0, mine) {
				return false, n.check()
			}
		case n.holderGone(held):
			n.sys.Barrier()
			if w.cas(held, n.lockFree|lockSleepers) {
				return true, n.check()
			}
		case spin < lockSpins:
			n.sys.Pause(spin/4 + 1)
		default:
			now := n.sys.Now()
			if giveUp == 0 {
				giveUp = now + int64(n.patience)
			} else if now > giveUp {
				return false, n.stuck(held)
			}
			n.napOnLock(w, held)
			mine = n.lockFree | lockSleepers // others may be asleep, too
		}
	}
}

// napOnLock sleeps until the lock may be free, and no longer than a nap.
func (n *Namespace) napOnLock(w *word, held uint64) {
	if held&lockSleepers == 0 {
		if !w.cas(held, held|lockSleepers) {
			return
		}
		held |= lockSleepers
	}
	n.sys.Sleep(futexOf(w), uint32(held), lockNap)
}

// holderGone reports whether a lock word names nobody who lives. This process
// does not hold the lock when it asks, so its own word is damage, as are bits
// that no holder sets.
func (n *Namespace) holderGone(held uint64) bool {
	slot := uint32(held) & lockSlotMask
	if held&^lockSleepers == n.lockFree || uint32(held)&^(lockSlotMask|lockSleepers) != 0 {
		return true
	}
	if slot == 0 || slot >= maxSlots || uint64(slot) >= n.header().tables[slotTable].limit.load() {
		return true
	}
	r := n.slotAt(slot)
	return r.generation.load()&lockGenerationMask != held>>32 || n.probe(slot, r)
}

// stuck is the error for a holder that lives and does not move.
func (n *Namespace) stuck(held uint64) error {
	r := n.slotAt(uint32(held) & lockSlotMask)
	return fmt.Errorf("%w: process %d (%s) has held it for %v: is it stopped, or in a debugger?",
		backend.ErrStalled, r.pid.load(), r.commandText(), n.patience)
}

// check refuses to work with a header that is not ours any more.
func (n *Namespace) check() error {
	h := n.header()
	if h.magic.load() == magic && h.layout.load() == layoutHash0 {
		return nil
	}
	n.unlock()
	return fmt.Errorf("%w: its header was overwritten, or its file truncated", backend.ErrCorrupt)
}

var layoutHash0 = layoutHash()

// unlock lets the lock go.
func (n *Namespace) unlock() {
	w := &n.header().lock
	for {
		held := w.load()
		if held&^lockSleepers != n.lockFree {
			return // overwritten by damage: nothing of ours is left to let go
		}
		if w.cas(held, 0) {
			if held&lockSleepers != 0 {
				n.sys.Wake(futexOf(w), 1)
			}
			return
		}
	}
}

const lockGenerationMask = 1<<32 - 1

// lockWordOf is the lock word of a holder.
func lockWordOf(slot uint32, generation uint64) uint64 {
	return generation&lockGenerationMask<<32 | uint64(slot)
}

func (n *Namespace) pin() {
	if !mayPin {
		return
	}
	n.pinned = true
	n.sys.Pin()
}

func (n *Namespace) unpin() {
	if n.pinned {
		n.pinned = false
		n.sys.Unpin()
	}
}
