package shm

// The state word of an object:
//
//	63         36  35  34  33  32  31         0
//	+------------+---+---+---+---+------------+
//	| generation | S | P | A | W |  payload   |
//	+------------+---+---+---+---+------------+
//
// Payload: 0 or 1 for an event or timer, the count of a semaphore, the owner
// of a mutex. The generation is that of the object's slot in the table: an
// operation through a handle of an object that is gone fails because of it.
//
// Who writes it: any process, by one compare-and-swap of the whole word while
// S is 0; only the holder of the namespace's lock while S is 1, except that a
// free mutex may be taken then, too, and one with W given up. A reader may see
// any state that an operation leaves, and besides, while the lock is held:
// frozen, and P. If the writer dies, a compare-and-swap has happened or not;
// under the lock, recovery ends what P and frozen stand for.
//
// W is set and cleared by the holder of the lock. While it is 1 the waiter in
// the mutex's nudged is queued and its claim nudged; so it is cleared before
// that ends, and whoever closes the mutex clears it. See
// objectRecord.nudged and leaveToNudged.
const (
	slowBit   = 1 << 35 // S: fast paths keep off; set while anybody is queued
	pulseBit  = 1 << 34 // P: set by a pulse that is not over
	abandoned = 1 << 33 // A: a mutex whose last owner ended without unlocking
	wokenBit  = 1 << 32 // W: a waiter is on its way to fetch the mutex, so who unlocks it need tell nobody

	payloadMask    = 1<<32 - 1
	flagMask       = slowBit | pulseBit | abandoned | wokenBit
	generationUnit = 1 << 36
	generationMask = ^uint64(generationUnit - 1)

	// frozen is the owner of a free mutex that the holder of the lock has
	// taken out of circulation while it decides who gets it.
	frozen = 1<<32 - 1

	noState = ^uint64(0) // what no state word is
)

func payload(state uint64) uint32 { return uint32(state) }

func withPayload(state uint64, p uint32) uint64 { return state&^payloadMask | uint64(p) }

func generation(state uint64) uint64 { return state & generationMask }

// An owner of a mutex is named by the slot of its process, whether it is
// recursive, and a number that is its own within the process.
const (
	ownerNumberBits = 18
	ownerNumberMask = 1<<ownerNumberBits - 1
	recursiveBit    = 1 << ownerNumberBits
	ownerSlotShift  = ownerNumberBits + 1
)

func ownerID(slot, number uint32) uint32 { return slot<<ownerSlotShift | number }

func ownerSlot(owner uint32) uint32 { return owner >> ownerSlotShift }

// The claim word of a waiter. Its low half is what the waiter sleeps on; its
// high half names the process that changed it last or, of one that has fetched its
// mutex, the process that told it to.
//
// Only the holder of the namespace's lock writes it, except that its own
// process makes it idle when the wait is over, and closed when damage leaves it no
// other way to end it. If the writer dies, the log or the wake scan of the reaper
// finishes what it began.
const (
	claimIdle uint32 = iota
	claimWaiting
	claimNudged    // a mutex is free: come and take it
	claimCancelled // out of every queue; nothing was consumed
	claimClosed    // likewise, because the handle was closed
	claimGranted   // out of every queue, and owns what it waited for

	claimStateMask  = 0xFF
	claimIndexShift = 8
	claimIndexMask  = 0xFF
	claimParked     = 1 << 24 // not in a futex: its process's dispatcher wakes it
)

func claimState(claim uint64) uint32 { return uint32(claim) & claimStateMask }

func claimIndex(claim uint64) int { return int(claim>>claimIndexShift) & claimIndexMask }

func isParked(claim uint64) bool { return claim&claimParked != 0 }

// queued reports whether a waiter with that claim stands in its queues.
func queued(claim uint64) bool {
	s := claimState(claim)
	return s == claimWaiting || s == claimNudged
}

// The namespace's lock word: 0 when free, else the holder's slot generation in
// the high half and in the low half, which is slept on, its slot and whether
// somebody sleeps.
const (
	lockSleepers = 1 << 31
	lockSlotMask = 0xFFFF
)

// An alive word, as the kernel's robust futexes define it: the thread id of
// its process's watcher with waitersBit, or with diedBit when that is gone; 0
// when the slot is free. byteLock marks a process without robust lists, whose
// life is a lock on a byte of the file.
const (
	waitersBit = 0x80000000
	diedBit    = 0x40000000
	byteLock   = 0x20000000
)

func isDead(alive uint32) bool { return alive&diedBit != 0 }
