package shm

import (
	"runtime"
	"time"
)

// How a blocked goroutine sleeps. A few waits that blocked lately sleep in the
// kernel, each on its claim word: the fastest way to be woken by another
// process, at the price of a thread. All others are parked, and cost no
// thread: their process's dispatcher passes them a token.

const (
	// directSleepers is the number of waits that sleep in the kernel.
	directSleepers = 4
	// demoteAfter is how long a wait may sleep there when others want its place.
	demoteAfter = int64(time.Millisecond)
	// yieldEvery is how often direct sleepers let the scheduler run first: often
	// enough that the runtime's monitor, which looks every 10 ms, does not take
	// their processor for one that is stuck, which would cost a wake-up
	// milliseconds; and no oftener, as it costs fifty microseconds.
	yieldEvery = int64(5 * time.Millisecond)
)

// takeDirect gives w a place among the direct sleepers if it should have one
// and there is one; else it makes room for those that come after.
func (n *Namespace) takeDirect(w *waiter) bool {
	if w.req.refs[0].local.Load() {
		return false // whoever signals is in this process: a token is faster
	}
	oldest := -1
	for i, d := range n.direct {
		if d == nil {
			n.direct[i] = w
			return true
		}
		if oldest < 0 || d.since < n.direct[oldest].since {
			oldest = i
		}
	}
	if d := n.direct[oldest]; w.since-d.since > demoteAfter {
		n.demote(d)
	}
	return false
}

// giveDirect frees w's place among the direct sleepers.
func (n *Namespace) giveDirect(w *waiter) {
	if !w.direct {
		return
	}
	w.direct = false
	for i, d := range n.direct {
		if d == w {
			n.direct[i] = nil
		}
	}
}

// demote makes a direct sleeper park. Its place is free when it has woken up.
func (n *Namespace) demote(w *waiter) {
	c := w.rec.claim.load()
	if claimState(c) != claimWaiting || isParked(c) {
		return
	}
	w.rec.claim.store(c | claimParked)
	n.wakes.add(wakeup{futex: futexOf(&w.rec.claim)})
}

// sleep blocks until the claim of w is no longer that of a wait, and gives it.
func (n *Namespace) sleep(w *waiter) uint64 {
	for {
		c := w.rec.claim.load()
		if ended := w.ended.Load(); ended != 0 {
			return uint64(ended) // whatever was written into the segment since
		}
		if claimState(c) != claimWaiting || w.failed.Load() != nil {
			return c
		}
		if isParked(c) {
			n.park(w)
			continue
		}
		n.yieldNowAndThen(w.since)
		n.sys.Sleep(futexOf(&w.rec.claim), uint32(c), -1)
	}
}

func (n *Namespace) park(w *waiter) {
	if w.direct {
		n.mu.Lock()
		n.giveDirect(w)
		n.mu.Unlock()
	}
	receive(w.token)
}

// yieldNowAndThen lets other goroutines run before a direct sleep: always on
// one processor, where the signaller may be among them, otherwise seldom.
func (n *Namespace) yieldNowAndThen(now int64) {
	if last := n.lastYield.Load(); now-last > yieldEvery && n.lastYield.CompareAndSwap(last, now) {
		n.single.Store(runtime.GOMAXPROCS(0) == 1)
		runtime.Gosched()
	} else if n.single.Load() {
		runtime.Gosched()
	}
}
