//go:build linux

package torture

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The parent reads a few words of the segment itself, by what
// docs/segment-format.md says of them: to kill whoever holds the namespace's
// lock, and to see that all slots are free in the end.
const (
	lockAt      = 64
	limitAt     = 192
	slotsAt     = 143360
	slotSize    = 128
	pidInSlot   = 32
	slotMask    = 0xFFFF
	sleepersBit = 0x80000000
	diedBit     = 0x40000000
	slotsRead   = 512 // more than the workers and their visits ever use
)

// A segment is a view of the segment's file.
type segment []byte

func openSegment(path string) (segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return syscall.Mmap(int(f.Fd()), 0, slotsAt+slotsRead*slotSize, syscall.PROT_READ, syscall.MAP_SHARED)
}

func (s segment) word(at int) uint64 { return atomic.LoadUint64((*uint64)(unsafe.Pointer(&s[at]))) }

// alive gives the alive word of a slot: 0 when it is free.
func (s segment) alive(slot int) uint32 { return uint32(s.word(slotsAt + slot*slotSize)) }

// locked gives the lock word, and the slot and process of who holds the lock;
// slot 0 is nobody.
func (s segment) locked() (word uint64, slot, pid int) {
	word = s.word(lockAt) &^ sleepersBit
	slot = int(word & slotMask)
	if slot == 0 || slot >= slotsRead {
		return word, 0, 0
	}
	return word, slot, int(uint32(s.word(slotsAt + slot*slotSize + pidInSlot)))
}

// usedSlots gives the slots that are in use.
func (s segment) usedSlots() (used []int) {
	for i := 1; i < int(min(s.word(limitAt), slotsRead)); i++ {
		if s.alive(i) != 0 {
			used = append(used, i)
		}
	}
	return used
}

const (
	longestAim = 10 * time.Millisecond // how long aim looks for somebody
	longHeld   = 3 * time.Microsecond  // who has held the lock for so long will hold it a little longer
)

// aim strikes a worker that holds the namespace's lock, if it is fast enough and
// finds one, or any worker. It gives the place of the one that it struck.
func (r *run) aim() []int {
	var since time.Time
	var held uint64
	for end := time.Now().Add(longestAim); time.Now().Before(end); {
		word, slot, pid := r.segment.locked()
		if slot == 0 || word != held {
			held, since = word, time.Now()
			continue
		}
		if time.Since(since) < longHeld {
			continue
		}
		for i, p := range r.workers {
			if p.PID() == pid {
				r.strike([]int{i})
				r.observe(word, slot)
				return []int{i}
			}
		}
	}
	victim := r.some(1)
	r.strike(victim)
	return victim
}

// observe counts a death with the lock, unless somebody has taken the lock over
// before it could be seen.
func (r *run) observe(word uint64, slot int) {
	for end := time.Now().Add(longestAim); time.Now().Before(end); {
		alive := r.segment.alive(slot)
		if now, _, _ := r.segment.locked(); now != word || alive == 0 {
			return
		}
		if alive&diedBit != 0 {
			r.tally.locked++
			return
		}
	}
}
