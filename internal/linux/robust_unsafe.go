//go:build linux

package linux

import (
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A robustList is the list of one thread that the kernel walks when the thread
// ends: struct robust_list_head, and its nodes. For each node the kernel
// looks at the futex word at node+offset and, if that holds the thread's id,
// marks it and wakes a waiter. The nodes are as far apart as the words.
//
// It lies in private memory and only the offset leads to the segment, so
// nothing that another process writes can steer the kernel.
type robustList struct {
	first  uintptr                      // address of the first node
	offset uintptr                      // from a node to its word
	_      uintptr                      // an operation that is under way: never
	nodes  [Knells * nodeStride]uintptr // each the address of the next node; of first: the end of the list

	nowhere [Knells][KnellStride]byte // the words before there is a claim
}

const (
	nodeStride     = KnellStride / unsafe.Sizeof(uintptr(0))
	robustHeadSize = 3 * unsafe.Sizeof(uintptr(0))
)

func newRobustList() *robustList {
	l := new(robustList)
	link := &l.first
	for i := range Knells {
		node := &l.nodes[i*int(nodeStride)]
		*link = uintptr(unsafe.Pointer(node))
		link = node
	}
	*link = uintptr(unsafe.Pointer(&l.first))
	l.aim((*uint32)(unsafe.Pointer(&l.nowhere)))
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

// aim makes the list lead to a word, and to its knells.
func (l *robustList) aim(word *uint32) {
	atomic.StoreUintptr(&l.offset, uintptr(unsafe.Pointer(word))-uintptr(unsafe.Pointer(&l.nodes)))
}

// knell gives the word number i, from 0, of those that are marked with word.
func knell(word *uint32, i int) *uint32 {
	return (*uint32)(unsafe.Add(unsafe.Pointer(word), i*KnellStride))
}

// robustLists keeps the lists that the kernel knows reachable.
var robustLists struct {
	sync.Mutex
	live map[*robustList]struct{}
}

// noRobustList makes Enlist do as it does where there are no robust lists. Tests set
// it.
var noRobustList atomic.Bool

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
