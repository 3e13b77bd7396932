package shm

import "github.com/winsys-go/ipc/internal/backend"

// A free mutex may be taken by anybody who runs, closed or not. So it is frozen while
// it is decided under the lock who gets it, and thawed when nobody has got it.

// freeze takes a free mutex out of circulation. It reports whether it is free.
func (n *Namespace) freeze(i uint32, r *objectRecord) bool {
	for range maxRetries {
		s := r.state.load()
		flag, free := n.freed(s)
		switch {
		case payload(s) == frozen:
			return true
		case !free:
			return false
		case r.state.cas(s, withPayload(s|flag, frozen)):
			n.frozen = append(n.frozen, i)
			if flag != 0 {
				n.untold = append(n.untold, i)
			}
			return true
		}
	}
	return false
}

// freed reports whether a mutex is free, and with which flag: it is an abandoned one
// if its owner is of a process that leaves, or of none. That may be a lock that comes
// too late for the reaping of what that process has. The process gives it up again if
// it lives (see giveUp); if it does not, nobody else would come. Only those who decide
// under the lock may take it so, and all of them must: whoever then goes to sleep is
// told by nobody. Whoever has slept since before the process left counts on the reaping,
// and is told by whoever takes the mutex so; see settleUntold.
func (n *Namespace) freed(s uint64) (flag uint64, free bool) {
	owner := payload(s)
	if owner == 0 || owner == frozen {
		return 0, owner == 0
	}
	if n.slot(ownerSlot(owner)).hasLeft() {
		return abandoned, true
	}
	return 0, false
}

// thawAll puts mutexes that nobody got back into circulation.
func (n *Namespace) thawAll() {
	if n.holding {
		return
	}
	for _, i := range n.frozen {
		n.thaw(n.object(i))
	}
	n.frozen = n.frozen[:0]
	if len(n.untold) > 0 && !n.telling {
		n.settleUntold()
	}
}

// settleUntold grants the mutexes that were taken for abandoned, and that nobody got,
// to those queued on them: the reaper will find that they are not the leaver's any more.
func (n *Namespace) settleUntold() {
	n.telling = true
	for range n.records(objectTable) {
		last := len(n.untold) - 1
		if last < 0 {
			n.telling = false
			return
		}
		i := n.untold[last]
		n.untold = n.untold[:last]
		if r := n.object(i); r.queue.load() != 0 {
			n.close(r)
			n.settle(i, r)
		}
	}
	n.damaged("mutexes of processes that leave come up again and again")
}

func (n *Namespace) thaw(r *objectRecord) {
	if s := r.state.load(); payload(s) == frozen && r.is(backend.Mutex) {
		r.state.store(withPayload(s, 0))
	}
}
