//go:build linux

package torture

// The ledger is a file that the parent and all workers map, apart from the
// namespace: plain memory and atomic stores, which outlive whoever made them.
//
// Whoever does things in a worker is a *hand*, a goroutine that does one thing
// at a time. Each has a record in the ledger, and in it its *account*: one word
// that says what the hand holds, what it is about to take and what it is about
// to give. A hand writes its intent before an operation and its outcome after
// it, each by one store. So when a worker was killed its accounts say, for each
// hand, what it held for certain and which single operation is in doubt: it
// has happened as a whole, or not at all.
//
// Units are what a hand can hold one of:
//
//   - A *baton* is an auto-reset event, or an auto-reset timer that fires once.
//     It is set, or due, or in one hand, or lost with a dead one.
//   - A *permit* of a plain semaphore is in the count, or in a hand, or lost
//     with a dead one.
//   - A permit of a semaphore with ReclaimOnExit is in the count or in a living
//     hand. Death loses nothing, in doubt or not.
//   - A *mutex* is free or in one hand. When a hand dies with it, or gives it
//     up by closing its handle or Owner, the next owner is told, once.
//
// Batons and mutexes have a *guard* in the ledger: whoever has taken one writes
// its number there, from the number of nobody, and takes it away again before
// it gives the unit. Two owners at once run into each other there, at once and
// for certain: the second finds a number, or the first finds not its own. A
// number that a dead hand left proves that it had the unit. The owner of an
// abandoned mutex finds it and replaces it; nobody may ever find one that was
// not told that the mutex was abandoned.
//
// At a checkpoint nobody moves, and everything is counted. For batons and plain
// permits:
//
//	missing = total - in the object - in living hands - certainly lost
//
// must be 0 when no operation of the dead was in doubt. Less is a signal that
// was doubled. More must be explained by the operations in doubt, by a choice
// of one outcome for each (explain.go): a wait-all has taken all or nothing, a
// wait-any one at most, a SignalAndWait has taken only if it has signalled. The
// parent then replaces what the dead have lost.
//
// For each mutex, counted from one checkpoint to the next:
//
//	C  deaths inside it           (held, and not about to be given)
//	X  deliberate abandonments    (counted just before the handle closes)
//	D  deaths in doubt about it   (about to be taken or given)
//	A  owners who were told       (counted before the account says held)
//	C + X <= A <= C + X + D
//
// The parent locks every free mutex itself at the checkpoint, so that nothing
// is left untold. A may be greater than C + X only by deaths in doubt: one that
// was told and died before it wrote so is told of again, and is itself in doubt.
//
// Nobody hangs: before the waits are cancelled for the count, the parent lets
// everybody come to rest and compares: each hand either rests at the gate or is
// in a wait that its account names and that every object of it lists as blocked,
// and that could not succeed (freeze.go). A wait that was granted and never
// woken, or was forgotten, is in neither place. This must come about within a
// bound, with waits among them that have no limit but the checkpoint. Sometimes
// somebody dies when all have come to rest, which must then come about again.

import (
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const (
	workers        = 8
	handsPerWorker = 4
)

// ledger is what the file holds.
type ledger struct {
	guards    [ownable]atomic.Uint64  // whose a baton or mutex is; 0 is nobody
	told      [ownable]atomic.Uint64  // A: owners who were told that the mutex was abandoned
	abandoned [ownable]atomic.Uint64  // X: abandonments by the living
	flying    [flyNames]atomic.Uint64 // guards of the mutexes that are made on the fly
	obeyed    [workers]atomic.Uint64  // how many commands a worker has carried out
	hands     [workers][handsPerWorker]handRecord
}

// handRecord is written by its hand and, while that does not live, by the
// parent.
type handRecord struct {
	account    atomic.Uint64
	resting    atomic.Uint64 // 1: at the gate
	operations atomic.Uint64
	cancelled  atomic.Uint64 // waits that ended without success
	_          [4]uint64     // a cache line each
}

// openLedger maps the ledger in a file, which is made if it is not there. It
// stays mapped.
func openLedger(path string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := int(unsafe.Sizeof(ledger{}))
	if err := f.Truncate(int64(size)); err != nil {
		return nil, err
	}
	memory, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*ledger)(unsafe.Pointer(&memory[0])), nil
}

// read gives the account of a hand.
func (r *handRecord) read() account { return account(r.account.Load()) }

// write replaces it.
func (r *handRecord) write(a account) { r.account.Store(uint64(a)) }

// handNumber is what a hand writes into guards. No two hands of a run, dead or
// alive, have the same.
func handNumber(life uint64, hand int) uint64 { return life*handsPerWorker + uint64(hand) }
