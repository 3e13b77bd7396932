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
	touched  []*objectRecord // objects whose S this section has set, or from whose queue it took somebody
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
	lastCheck  atomic.Int64  // when stillThereNowAndThen last looked at the path
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
	ends, first := n.beginLeaving()
	if !first {
		return nil
	}
	// All waits first: what the closing of one handle frees must not go to the
	// wait of another.
	err := n.locked(func() error {
		n.withdrawAll(slices.Collect(n.waiters.all()), claimClosed)
		return nil
	})
	for _, end := range ends {
		err = cmp.Or(err, end.Close())
	}
	if err = n.closeHandles(err); err != nil {
		n.failThrough(nil, backend.ErrClosed)
	}
	n.awaitQuiet()
	n.endDispatcher()
	n.endWatcher()
	return err
}

// beginLeaving lets nothing new begin, and gives the ends of mailslots that are open.
// It reports whether it was the first to do so.
func (n *Namespace) beginLeaving() (ends []mailslotEnd, first bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, false
	}
	n.closed, n.leaving = true, true
	byHandle := func(a, b mailslotEnd) int { return cmp.Compare(a.handleIndex(), b.handleIndex()) }
	return slices.SortedFunc(maps.Keys(n.ends), byHandle), true
}

// closeHandles closes all handles, and gives the first error, which may be one before.
func (n *Namespace) closeHandles(err error) error {
	n.mu.Lock()
	byHandle := func(a, b *Object) int { return cmp.Compare(a.handle, b.handle) }
	handles := slices.SortedFunc(maps.Keys(n.handles), byHandle)
	n.mu.Unlock()
	for _, o := range handles {
		if errors.Is(err, backend.ErrStalled) {
			o.open.Store(0) // leave tries once more, for all of them
			continue
		}
		err = cmp.Or(err, o.Close())
	}
	return err
}

// endDispatcher ends the dispatcher, which may sleep on memory that was lost since.
func (n *Namespace) endDispatcher() {
	n.stopping.Store(true)
	n.ring(n.self)
	n.sys.Rouse((*uint32)(&n.self.doorbell))
	n.mu.Lock()
	dispatched := n.dispatched
	n.mu.Unlock()
	if dispatched != nil {
		receive(dispatched)
	}
}

// endWatcher ends the watcher, which n.stopping has told to give the slot up.
func (n *Namespace) endWatcher() {
	n.ringBell(n.self)
	n.sys.Rouse((*uint32)(&n.self.bell))
	receive(n.left)
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

// StillThere makes sure that new processes would find this segment. It looks at
// the file and at the path.
func (n *Namespace) StillThere() error {
	if n.sys.Deleted() {
		return n.gone()
	}
	return nil
}

// stillThere is StillThere for operations that are to be fast: it looks at the
// file every time, at the path once a second at most.
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
	err := n.StillThere()
	if err != nil {
		n.lastCheck.Store(0) // the next one is to notice it, too
	}
	return err
}

func (n *Namespace) gone() error {
	return fmt.Errorf("%w: %s no longer leads to the segment of this process: close every handle and start again", backend.ErrDeleted, n.sys.Dir())
}
