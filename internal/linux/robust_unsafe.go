//go:build linux

package linux

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A robustList is the list of one thread that the kernel walks when the thread
// ends: struct robust_list_head, and its single node. For each node the kernel
// looks at the futex word at node+offset and, if that holds the thread's id,
// marks it and wakes a waiter.
//
// It lies in private memory and only the offset leads to the segment, so
// nothing that another process writes can steer the kernel.
type robustList struct {
	first  uintptr // address of node
	offset uintptr // from node to word
	_      uintptr // an operation that is under way: never
	node   uintptr // address of first: the end of the list
}

const robustHeadSize = 3 * unsafe.Sizeof(uintptr(0))

func newRobustList(word *uint32) *robustList {
	l := new(robustList)
	l.first = uintptr(unsafe.Pointer(&l.node))
	l.offset = uintptr(unsafe.Pointer(word)) - uintptr(unsafe.Pointer(&l.node))
	l.node = uintptr(unsafe.Pointer(&l.first))
	return l
}

// install makes l the list of the calling thread and returns the head that the
// thread had before (glibc gives one to each of its threads).
func (l *robustList) install() (before uintptr, errno syscall.Errno) {
	var size uintptr
	syscall.RawSyscall(unix.SYS_GET_ROBUST_LIST, 0, uintptr(unsafe.Pointer(&before)), uintptr(unsafe.Pointer(&size)))
	_, _, errno = syscall.RawSyscall(unix.SYS_SET_ROBUST_LIST, uintptr(unsafe.Pointer(&l.first)), robustHeadSize, 0)
	return before, errno
}

// restoreRobustList undoes install.
func restoreRobustList(head uintptr) {
	syscall.RawSyscall(unix.SYS_SET_ROBUST_LIST, head, robustHeadSize, 0)
}

// aim makes the list lead to another word.
func (l *robustList) aim(word *uint32) {
	atomic.StoreUintptr(&l.offset, uintptr(unsafe.Pointer(word))-uintptr(unsafe.Pointer(&l.node)))
}
