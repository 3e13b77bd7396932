//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A file that is cut short while it is mapped makes every touch of the lost
// pages a SIGBUS, which the Go runtime answers with a crash. Checking the size
// before each operation would cost a system call and still be too early. So the
// signal itself is dealt with: a handler in front of the runtime's puts a page
// of zeros where the lost one was, and the instruction runs again. Everything
// that is not about a guarded mapping goes to the runtime's handler as it came.
//
// The handler is assembly because it may run anywhere: on a signal stack, in
// the middle of the scheduler, on a thread that Go does not know. It calls
// nothing and makes one system call. The kernel restores all registers when it
// returns.

// maxGuards is the largest number of mappings guarded at once. The assembly
// has it too.
const maxGuards = 1024

// A guardRange is one guarded mapping. The assembly knows this layout.
type guardRange struct {
	low, high uintptr // high is 0 while the entry is free
	trips     uintptr // pages replaced so far, never reset
}

// These are read by the handler.
var (
	guards      [maxGuards]guardRange
	guardNext   uintptr // the handler that was there before
	guardPageSz uintptr
)

var guardMu sync.Mutex // guards the allocation of entries

// Guard keeps the process alive when the file behind a mapping is cut short:
// each page that is lost becomes a private page of zeros when it is touched. It
// costs nothing until then. Tripped reports, by one load, whether that has
// happened: from then on this process shares those pages with nobody, and
// nothing that it reads from the mapping can be believed. Release ends the
// guard, before the mapping is unmapped; it may be called again.
//
// mem begins on a page boundary and stays mapped until release. System calls
// that are given an address in a lost page return EFAULT, as ever.
//
// The first Guard puts a handler for SIGBUS before the Go runtime's and leaves
// it there. All other bus errors go on to that, as do other signals.
//
//   - [errors.ErrUnsupported]: the program has no usable handler of its own
//     for SIGBUS; never in an ordinary Go program.
//   - another error: too many mappings are guarded at once (1024).
//
// With an error, release and tripped can still be called and do nothing. On
// architectures other than amd64 and arm64 that is all they ever do.
func Guard(mem []byte) (release func(), tripped func() bool, err error) {
	guardMu.Lock()
	defer guardMu.Unlock()
	release, tripped = func() {}, func() bool { return false }
	low := uintptr(unsafe.Pointer(unsafe.SliceData(mem)))
	if err := installGuard(); err != nil {
		return release, tripped, err
	}
	if len(mem) == 0 || low%guardPageSz != 0 {
		return release, tripped, fmt.Errorf("guard of %d bytes at %#x: they must begin on a page boundary", len(mem), low)
	}
	for i := range guards {
		g := &guards[i]
		if g.high == 0 {
			atomic.StoreUintptr(&g.low, low)
			atomic.StoreUintptr(&g.high, (low+uintptr(len(mem))+guardPageSz-1)&^(guardPageSz-1))
			h := &guardHandle{entry: g, before: atomic.LoadUintptr(&g.trips)}
			return h.release, h.tripped, nil
		}
	}
	return release, tripped, fmt.Errorf("%d mappings are guarded already", maxGuards)
}

// A guardHandle is the caller's side of an entry.
type guardHandle struct {
	entry  *guardRange
	before uintptr // trips of earlier users of the entry
	ended  atomic.Bool
	last   atomic.Bool // what tripped says once ended
}

func (h *guardHandle) tripped() bool {
	if h.ended.Load() {
		return h.last.Load()
	}
	return atomic.LoadUintptr(&h.entry.trips) != h.before
}

func (h *guardHandle) release() {
	guardMu.Lock()
	defer guardMu.Unlock()
	if h.ended.Load() {
		return
	}
	h.last.Store(h.tripped())
	h.ended.Store(true)
	atomic.StoreUintptr(&h.entry.high, 0)
}

// A sigaction is the kernel's struct sigaction, alike on amd64 and arm64.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const (
	saSiginfo = 0x4
	saOnstack = 0x08000000
)

// installGuard puts the handler before the one that is there. It takes over
// that one's flags, mask and restorer, so that the runtime (or, with cgo, the C
// library) sees the frame that it asked for.
func installGuard() error {
	if guardNext != 0 {
		return nil
	}
	var action sigaction
	if err := rtSigaction(unix.SIGBUS, nil, &action); err != nil {
		return err
	}
	if action.handler <= 1 || action.flags&saSiginfo == 0 || action.flags&saOnstack == 0 {
		return fmt.Errorf("guard against bus errors: the handler of SIGBUS is not Go's: %w", errors.ErrUnsupported)
	}
	guardNext, guardPageSz = action.handler, uintptr(os.Getpagesize())
	action.handler = busHandlerAddress()
	if err := rtSigaction(unix.SIGBUS, &action, nil); err != nil {
		guardNext = 0
		return err
	}
	return nil
}

func rtSigaction(signal unix.Signal, set, old *sigaction) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(set)),
		uintptr(unsafe.Pointer(old)), unsafe.Sizeof(set.mask), 0, 0)
	if errno != 0 {
		return os.NewSyscallError("rt_sigaction", errno)
	}
	return nil
}

// busHandlerAddress returns where the handler is, which has the C calling
// convention and cannot be called from Go.
func busHandlerAddress() uintptr
