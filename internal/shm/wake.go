package shm

// Waking comes after the lock was let go. If this process dies before it has
// woken everybody, its slot says so (waking), and its reaper does it.

// everybody is how many sleepers of a word are woken, though one is meant: a
// thread of a killed process may still be in the queue of the word, which has
// been given to another process since, and would use up the only wake-up; and a
// process that damage has declared dead sleeps on beside its successor. A
// sleeper on the namespace's lock need not be told: it looks again by itself.
const everybody = 1 << 30

// A wakeup is one thing to do: wake the futex, pass the parked goroutine of this
// process a token, or see to it that a wait that was ended does end.
type wakeup struct {
	futex *uint32
	token chan struct{}
	again *waiter
	use   uint64
}

// wakeList is what a section has to wake. Most have one.
type wakeList struct {
	few   [3]wakeup
	count int
	more  []wakeup
	owed  bool // the slot says that waking is under way
}

// reset empties the list. Others may have a copy.
func (l *wakeList) reset() {
	l.count = 0
	l.more = nil
	l.owed = false
}

func (l *wakeList) add(w wakeup) {
	if l.count < len(l.few) {
		l.few[l.count] = w
		l.count++
		return
	}
	l.more = append(l.more, w)
}

// startWaking says in the slot, before the first grant of a section, that this
// process has somebody to wake.
func (n *Namespace) startWaking() {
	if !n.wakes.owed {
		n.wakes.owed = true
		n.self.waking.add(1)
	}
}

// wake remembers to wake a waiter, in the way that it sleeps.
func (n *Namespace) wake(w uint32, r *waiterRecord) {
	slot := first(r.who.load())
	switch {
	case !isParked(r.claim.load()):
		n.wakes.add(wakeup{futex: futexOf(&r.claim)})
	case slot == n.slotIndex:
		if private := n.waiters.blockedAt(w); private != nil {
			n.wakes.add(wakeup{token: private.token})
		}
	default:
		n.wakeDispatcher(n.slot(slot))
	}
}

// wakeDispatcher remembers to ring a process's doorbell. The count goes up at
// once, so that many grants in one section cost one system call each at most.
func (n *Namespace) wakeDispatcher(s *slotRecord) {
	s.doorbell.add(1)
	futex := (*uint32)(&s.doorbell)
	if l := &n.wakes; l.count > 0 && l.few[l.count-1].futex == futex ||
		len(l.more) > 0 && l.more[len(l.more)-1].futex == futex {
		return
	}
	n.wakes.add(wakeup{futex: futex})
}

// deliver wakes everybody on the list. It is called without any lock.
func (n *Namespace) deliver(l *wakeList) {
	for i := range l.count {
		n.deliverOne(l.few[i])
	}
	for _, w := range l.more {
		n.deliverOne(w)
	}
	if l.owed {
		n.self.waking.add(^uint64(0))
	}
}

func (n *Namespace) deliverOne(w wakeup) {
	switch {
	case w.futex != nil:
		n.sys.Wake(w.futex, everybody)
		return
	case w.again != nil:
		w.again.insist(w.use)
		return
	}
	select {
	case w.token <- struct{}{}:
	default: // it has one already
	}
}

// ring makes the dispatcher of a process look at its doorbell.
func (n *Namespace) ring(s *slotRecord) {
	s.doorbell.add(1)
	n.sys.Wake((*uint32)(&s.doorbell), everybody)
}

// ringBell makes the watcher of a process look whom it watches.
func (n *Namespace) ringBell(s *slotRecord) {
	s.bell.add(1)
	n.sys.Wake((*uint32)(&s.bell), everybody)
}
