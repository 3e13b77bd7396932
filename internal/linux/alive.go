//go:build linux

package linux

// What stands in the word of a process that [Enlist] has tied to its life.
const (
	// OwnerDied (FUTEX_OWNER_DIED) is the bit that the kernel sets when the
	// process dies.
	OwnerDied = 0x40000000

	futexWaiters = 0x80000000 // FUTEX_WAITERS: without it the kernel wakes nobody

	// byteLocked marks the word of a process that proves its life by a lock on the
	// word's own byte of the file, for want of robust lists.
	byteLocked = 0x20000000
)

// Besides the word that is claimed, the kernel marks the next ones at this distance,
// and wakes one of those who wait on each.
const (
	Knells      = 3
	KnellStride = 8
)
