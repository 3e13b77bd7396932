package shm

import (
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
	lockSpins    = 40                   // of 25 ns at first and 250 ns at last: about 5 µs
	lockNap      = 2 * time.Millisecond // then it looks again whether the holder lives
	lockPatience = 30 * time.Second     // then the holder counts as stuck
)

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
			if slot := n.unfencedHolder(held); slot != 0 {
				return false, deadHolder{slot} // the slow barrier comes before the next attempt
			}
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
	slot := n.holder(held)
	return slot == 0 || n.probe(slot, n.slotAt(slot))
}

// holder is the slot that a lock word names, 0 if it names nobody who could have
// the lock.
func (n *Namespace) holder(held uint64) (slot uint32) {
	slot = uint32(held) & lockSlotMask
	switch {
	case held&^lockSleepers == n.lockFree, uint32(held)&^(lockSlotMask|lockSleepers) != 0:
		return 0
	case slot >= n.slotLimit(), n.slotAt(slot).generation.load()&lockGenerationMask != held>>32:
		return 0
	}
	return slot
}

// unfencedHolder is the slot of a holder that is dead and not fenced, else 0. A
// holder that is gone in another way is damage, and no slow barrier's worth.
func (n *Namespace) unfencedHolder(held uint64) (slot uint32) {
	slot = n.holder(held)
	if slot == 0 || !unfenced(n.slotAt(slot)) {
		return 0
	}
	return slot
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
