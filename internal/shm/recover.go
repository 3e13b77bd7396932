package shm

import "github.com/winsys-go/ipc/internal/backend"

// recover finishes what a holder of the lock left when it died: its committed
// log, mutexes that it froze, a pulse, timers that it set, messages that it sent,
// and grants that were due. It has no input but the segment, and can itself be done
// again at any point.
func (n *Namespace) recover() {
	n.redo()
	used := n.header().tables[objectTable].used.load()
	for i := uint32(1); uint64(i) < used; i++ {
		r := n.object(i)
		s := r.state.load()
		if s&slowBit == 0 {
			continue
		}
		n.close(r)
		if payload(s) == frozen {
			n.frozen = append(n.frozen, i)
		}
		n.refresh(i, r)
		if r.is(backend.Timer) {
			n.tellWaiters(r)
		}
		n.settle(i, r)
		if r.state.load()&pulseBit != 0 {
			n.endPulse(r)
		}
	}
}
