package shm

import (
	"bytes"
	"fmt"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// join claims a slot. From the claim on, the kernel marks the slot when the
// process dies, so that a process that dies on the next instruction is reaped
// like any other.
func (n *Namespace) join() error {
	claimed := make(chan struct{})
	err := n.sys.Enlist(func(try func(*uint32) bool) error {
		defer close(claimed)
		return n.claimSlot(try)
	}, func() {
		<-claimed
		n.watch()
		n.leave()
	}, func() { close(n.left) })
	if err != nil {
		return err
	}
	n.ringPredecessors(n.slotIndex)
	return nil
}

// claimSlot finds a free slot and introduces this process in it.
func (n *Namespace) claimSlot(try func(*uint32) bool) error {
	h := &n.header().tables[slotTable]
	for {
		limit := uint32(min(h.limit.load(), maxSlots))
		for i := uint32(1); i < limit; i++ {
			r := n.slotAt(i)
			if r.alive.load() != 0 {
				continue
			}
			n.ringPredecessors(i) // they are to watch it if this process dies at its claim
			if try((*uint32)(&r.alive)) {
				n.introduce(i, r)
				return nil
			}
		}
		if limit >= maxSlots {
			return fmt.Errorf("%w: %d processes use it already, the most there can be", backend.ErrNoSpace, limit-1)
		}
		if err := n.grow(slotTable, uint64(limit)); err != nil {
			return err
		}
	}
}

// introduce fills in the claimed slot i.
func (n *Namespace) introduce(i uint32, r *slotRecord) {
	n.slotIndex = i
	n.self = r
	n.generation = r.generation.load()
	n.lockFree = lockWordOf(i, n.generation)
	n.owners.start(n.generation)
	r.left.store(0)
	r.pid.store(uint32(n.sys.PID()))
	r.pidSpace.store(n.sys.PIDSpace())
	r.command = [len(r.command)]byte{}
	copy(r.command[:len(r.command)-1], n.sys.Command())
}

func (r *slotRecord) commandText() string {
	text, _, _ := bytes.Cut(bytes.Clone(r.command[:]), []byte{0})
	return string(text)
}

// gone reports whether a slot's process is dead, or there is none, as its alive word
// says.
func (r *slotRecord) gone() bool {
	alive := r.alive.load()
	return alive == 0 || isDead(alive)
}

// hasLeft reports whether a slot's process leaves, or has left, so that a mutex that
// names it as its owner is nobody's; see freed.
func (r *slotRecord) hasLeft() bool { return r.left.load() != 0 || r.alive.load() == 0 }

// probe is gone that also asks the system about a process without robust
// lists, and marks its word for the others. Not under the lock.
func (n *Namespace) probe(i uint32, r *slotRecord) bool {
	alive := r.alive.load()
	if alive&byteLock != 0 && !isDead(alive) && i != n.slotIndex && n.sys.Gone((*uint32)(&r.alive)) {
		r.alive.cas(alive, waitersBit|diedBit)
		n.sys.Wake((*uint32)(&r.alive), 1)
	}
	return r.gone()
}

// client describes the process of a slot.
func (n *Namespace) client(i uint32) backend.Client {
	r := n.slot(i)
	return backend.Client{PID: int(r.pid.load()), Command: r.commandText(), Dead: r.gone()}
}

// leave gives up what this process still has, such as mutexes of Owners. The
// caller, on the watcher's thread, then clears the alive word, which frees the
// slot. The generation changes after the last use of the lock, whose word says
// which generation holds it. What cannot be given up now, because of damage or
// because the lock is stuck, is left to others, as by a process that died.
func (n *Namespace) leave() {
	n.mu.Lock()
	n.leaving = false
	n.mu.Unlock()
	n.awaitDelivered()
	n.self.left.store(1) // before it looks at the mutexes; see freed
	if n.reapSlot(n.slotIndex, n.generation) == nil {
		n.self.generation.store(n.generation + 1)
	} else {
		for k := range watched {
			n.self.knell(k).store(waitersBit | diedBit)
			n.sys.Wake((*uint32)(n.self.knell(k)), everybody)
		}
	}
	n.ringPredecessors(n.slotIndex)
}

// awaitDelivered waits until late goroutines have woken whom they had to, so
// that they do not count in the slot of another process. What damage has made
// of the count is waited for no longer than a second.
func (n *Namespace) awaitDelivered() {
	for range 1000 {
		if n.self.waking.load() == 0 {
			return
		}
		n.sys.Sleep((*uint32)(&n.self.doorbell), n.self.doorbell.load(), time.Millisecond)
	}
}
