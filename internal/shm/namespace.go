package shm

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Namespace is this process's part in a segment: its slot, its handles and
// its blocked waits. All of it is private; what others must know stands in the
// segment.
type Namespace struct {
	segment
	sys        System
	slotIndex  uint32
	self       *slotRecord
	generation uint64
	lockFree   uint64 // the lock word that says that this process holds it

	// mu is taken before the namespace's lock and guards everything below.
	mu       guard
	closed   bool
	leaving  bool
	pinned   bool
	patience time.Duration   // lockPatience, unless a test has less
	pending  int             // entries in the log that are not committed
	touched  []*objectRecord // objects whose S this section has set, or whose queue it has emptied
	frozen   []uint32        // mutexes that it has frozen
	holding  bool            // they stay frozen; see hold
	untold   []uint32        // mutexes that it has taken for abandoned; see freed
	telling  bool            // settleUntold is at work
	wakes    wakeList
	settling int64 // the time at which the present settling of a mutex began
	handles  map[*Object]struct{}
	ends     map[mailslotEnd]struct{} // of mailslots, which close handles themselves
	owners   ownerNumbers
	waiters  roster
	idle     []*waiter
	idleWide []*wideRoom
	quiet    chan struct{} // closed when nobody is blocked; nil: nobody waits for that
	direct   [directSleepers]*waiter
	alarms   []alarm

	stopping   atomic.Bool
	spinning   atomic.Bool
	lastYield  atomic.Int64  // when yieldNowAndThen last yielded
	several    bool          // processors are there to spin on: when it was attached
	single     atomic.Bool   // there is only one for this process, as yieldNowAndThen has seen last
	lastCheck  atomic.Int64  // when stillThere was last called
	dispatched chan struct{} // closed when the dispatcher has ended; nil if there is none
	left       chan struct{} // closed when the watcher has ended and the slot is free
	unmap      sync.Once
}

// Attach makes this process a user of the segment in mem.
func Attach(mem []byte, sys System) (*Namespace, error) {
	n := &Namespace{
		segment:  newSegment(mem),
		sys:      sys,
		patience: lockPatience,
		handles:  map[*Object]struct{}{},
		ends:     map[mailslotEnd]struct{}{},
		left:     make(chan struct{}),
	}
	n.mu.n = n
	n.several = runtime.GOMAXPROCS(0) > 1
	n.single.Store(!n.several)
	if err := n.join(); err != nil {
		return nil, err
	}
	n.sys.WhenFenced(n.fence)
	n.reapDead()
	return n, nil
}

// Dir gives the directory of the namespace.
func (n *Namespace) Dir() string { return n.sys.Dir() }

// Close closes all handles and leaves the segment.
func (n *Namespace) Close() error {
	err := n.depart()
	// A late fast path of some goroutine may still use the mapping, so it is
	// given back only when nothing can reach this Namespace any more.
	n.unmap.Do(func() { runtime.AddCleanup(n, func(s System) { s.Close() }, n.sys) })
	return err
}

// depart is Close without giving the mapping back.
func (n *Namespace) depart() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	n.leaving = true
	ends := slices.SortedFunc(maps.Keys(n.ends), func(a, b mailslotEnd) int { return cmp.Compare(a.handleIndex(), b.handleIndex()) })
	n.mu.Unlock()

	// All waits first: what the closing of one handle frees must not go to the
	// wait of another.
	err := n.locked(func() error {
		n.withdrawAll(slices.Collect(n.waiters.all()), claimClosed)
		return nil
	})
	for _, end := range ends {
		if e := end.Close(); e != nil && err == nil {
			err = e
		}
	}
	n.mu.Lock()
	handles := slices.SortedFunc(maps.Keys(n.handles), func(a, b *Object) int { return cmp.Compare(a.handle, b.handle) })
	n.mu.Unlock()
	for _, o := range handles {
		if errors.Is(err, backend.ErrStalled) {
			o.open.Store(0) // leave tries once more, for all of them
			continue
		}
		if e := o.Close(); e != nil && err == nil {
			err = e
		}
	}
	if err != nil {
		n.failThrough(nil, backend.ErrClosed)
	}
	n.awaitQuiet()
	n.stopping.Store(true)
	n.ring(n.self)
	n.sys.Rouse((*uint32)(&n.self.doorbell)) // it may sleep on memory that was lost since
	n.mu.Lock()
	dispatched := n.dispatched
	n.mu.Unlock()
	if dispatched != nil {
		receive(dispatched)
	}
	n.ringBell(n.self)
	n.sys.Rouse((*uint32)(&n.self.bell))
	receive(n.left)
	return err
}

// awaitQuiet waits until the goroutines whose waits were ended are out of them:
// none may still be looking at its record when that is given back and becomes
// somebody else's.
func (n *Namespace) awaitQuiet() {
	quiet := make(chan struct{})
	n.mu.Lock()
	n.quiet = quiet
	n.quieten()
	n.mu.Unlock()
	receive(quiet)
}

// quieten tells Close when the last wait is over. n.mu is held.
func (n *Namespace) quieten() {
	if n.quiet != nil && n.waiters.blocked == 0 {
		close(n.quiet)
		n.quiet = nil
	}
}

// stillThere makes sure that new processes would find this segment. It looks
// at the file every time, at the path once a second at most.
func (n *Namespace) stillThere() error {
	if n.sys.Unlinked() {
		return n.gone()
	}
	return n.stillThereNowAndThen(n.sys.Now())
}

// stillThereNowAndThen is stillThere for waits: once a second at most.
func (n *Namespace) stillThereNowAndThen(now int64) error {
	if last := n.lastCheck.Load(); now-last < int64(time.Second) || !n.lastCheck.CompareAndSwap(last, now) {
		return nil
	}
	if n.sys.Deleted() {
		n.lastCheck.Store(0) // the next one is to notice it, too
		return n.gone()
	}
	return nil
}

func (n *Namespace) gone() error {
	return fmt.Errorf("%w: %s no longer leads to the segment of this process: close every handle and start again", backend.ErrDeleted, n.sys.Dir())
}
