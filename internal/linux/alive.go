//go:build linux

package linux

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// OwnerDied (FUTEX_OWNER_DIED) is the bit that the kernel sets in the alive
	// word of a process that died.
	OwnerDied = 0x40000000

	futexWaiters = 0x80000000 // FUTEX_WAITERS: without it the kernel wakes nobody
)

// ErrNoRobustList says that this kernel or sandbox has no robust lists, so that
// processes must prove that they live by [LockByte].
var ErrNoRobustList = errors.New("robust futex lists are not available")

// Dead reports whether an alive word, as read, says that its process died.
func Dead(word uint32) bool { return word&OwnerDied != 0 }

// robustLists keeps the lists that the kernel knows reachable.
var robustLists struct {
	sync.Mutex
	live map[*robustList]struct{}
}

// noRobustList makes KeepAlive fail as it does where there are no robust lists.
// Tests set it.
var noRobustList atomic.Bool

// KeepAlive ties *alive to the life of this process. It starts a goroutine on
// an operating system thread of its own, sets *alive to that thread's id (never
// 0), calls started and then body on that thread, and returns when started has
// returned.
//
// When the process dies while body runs, in whatever way (SIGKILL, a crash,
// os.Exit, a return from main, an exec), the kernel sets [OwnerDied] in *alive
// and wakes one of those who wait on the word. When body returns, *alive becomes 0
// and the thread ends; nobody is woken.
//
// The word must stay mapped until body has returned.
//
//   - [ErrNoRobustList]: nothing was started and *alive is untouched.
func KeepAlive(alive *uint32, started func(), body func()) error {
	if noRobustList.Load() {
		return robustError(unix.ENOSYS)
	}
	ready := make(chan error, 1)
	go func() {
		// Never unlocked: Go ends the thread together with the goroutine.
		runtime.LockOSThread()
		list := newRobustList(alive)
		list.keep()
		defer list.drop()
		before, errno := list.install()
		if errno != 0 {
			runtime.UnlockOSThread()
			ready <- robustError(errno)
			return
		}
		atomic.StoreUint32(alive, uint32(unix.Gettid())|futexWaiters)
		started()
		ready <- nil
		body()
		// In this order: the kernel marks no word that has another value.
		atomic.StoreUint32(alive, 0)
		restoreRobustList(before)
	}()
	return <-ready
}

func robustError(errno syscall.Errno) error {
	return fmt.Errorf("%w: set_robust_list: %w", ErrNoRobustList, errno)
}

func (l *robustList) keep() {
	robustLists.Lock()
	defer robustLists.Unlock()
	if robustLists.live == nil {
		robustLists.live = make(map[*robustList]struct{})
	}
	robustLists.live[l] = struct{}{}
}

func (l *robustList) drop() {
	robustLists.Lock()
	defer robustLists.Unlock()
	delete(robustLists.live, l)
}
