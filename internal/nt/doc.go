// Package nt is the backend of Windows: the objects are the kernel's own, so
// that any Win32, .NET or Python program can be the peer.
//
// What the kernel does not give is added here, and nothing else:
//
//   - Ownership. A mutex of Windows belongs to an OS thread, and goroutines
//     are not threads. So whoever owns mutexes, an Owner or a Mutex handle, has
//     a thread of its own for as long as it owns one (thread_windows.go), and
//     locks and unlocks happen there. Abandoning is the real end of that
//     thread: the kernel tells the next owner.
//   - Cancellation. Waits are alertable, and a context, or Close, ends one by
//     queueing a call to its thread (sleep_windows.go). The kernel takes the
//     wait off every object at one instant: it has either succeeded or consumed
//     nothing. None of the 64 places in a wait is needed for that.
//   - Messages to wait for. The kernel lets a read of a mailslot be waited for,
//     not the mailslot: there is one while somebody waits (mailslot_kernel_windows.go).
//   - Which of several mutexes were abandoned, and who counts as waiting.
//
// A blocked wait costs an OS thread. At most maxThreads wait or own at one
// time; beyond that a wait fails with ErrNoSpace, long before the runtime of Go
// would end the program.
package nt
