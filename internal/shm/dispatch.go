package shm

import "runtime"

// The dispatcher is a goroutine of each process that has parked waits or
// alarms. It sleeps on the doorbell of the process's slot; others put waiters
// that they have granted into the slot's ready list and ring.

// startDispatcher starts the dispatcher if it does not run. n.mu is held.
func (n *Namespace) startDispatcher() {
	if n.dispatched != nil || n.stopping.Load() {
		return
	}
	n.dispatched = make(chan struct{})
	spawn(n.dispatch)
}

func (n *Namespace) dispatch() {
	defer close(n.dispatched)
	for {
		// The doorbell is read before all else: what changes later rings it.
		seen := n.self.doorbell.load()
		if n.stopping.Load() {
			return
		}
		n.drain()
		next := n.checkAlarms()
		// The goroutines just readied run before this one sleeps, with the
		// processor that the sleep would keep from them for a while.
		runtime.Gosched()
		n.sleepUntil(seen, next)
	}
}

// drain passes tokens to the waits in the ready list. If the process dies
// halfway, its waits die with it.
func (n *Namespace) drain() {
	if n.self.ready.load() == 0 {
		return
	}
	n.locked(func() error {
		i := uint32(n.self.ready.load())
		n.self.ready.store(0)
		for range n.records(waiterTable) {
			if i == 0 {
				break
			}
			r := n.waiter(i)
			next := second(r.ready.load())
			r.ready.store(0)
			if w := n.waiters.blockedAt(i); w != nil {
				n.wakes.add(wakeup{token: w.token})
			}
			i = next
		}
		return nil
	})
}
