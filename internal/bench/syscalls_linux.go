package bench

import (
	"math"
	"runtime"
	"syscall"
	"unsafe"
)

// System calls are counted by tracing the thread of a child that makes pairs,
// between marks: calls that nobody else makes. The least of several parts
// counts, since Go's runtime may put the thread aside during one.
const (
	ptraceSeize       = 0x4206
	ptraceSyscallInfo = 0x420e
	syscallEntry      = 1
	markPID           = 0x7ffffff1 // getpgid of it is the mark
	tracedParts       = 5
)

func mark() { syscall.RawSyscall(syscall.SYS_GETPGID, markPID, 0, 0) }

// tracedRole makes pairs.
func tracedRole(r *Role) { r.betweenMarks(pairs[r.Number(1)].make(r.Namespace())) }

// betweenMarks does what is to be traced, on a thread of its own.
func (r *Role) betweenMarks(do func(count int)) {
	runtime.LockOSThread()
	r.Say(syscall.Gettid())
	count := r.Order()[0]
	do(count) // the first ones may set something up
	for range tracedParts {
		mark()
		do(count)
	}
	mark()
}

// systemCalls counts those of a pair that a role makes between marks.
func systemCalls(s *Stage, count int, role string, args ...any) (float64, bool) {
	// The runtime would interrupt the thread by signals, which are system
	// calls too.
	p := s.Begin(environment("GODEBUG=asyncpreemptoff=1", "GOGC=off"), role, args...)
	defer p.End()
	var tid int
	p.Hear(&tid)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const traceSyscallGood = 1
	if !ptrace(ptraceSeize, tid, 0, traceSyscallGood) {
		return 0, false
	}
	p.Tell(count)
	calls, ok := callsBetweenMarks(tid)
	return float64(calls) / float64(count), ok
}

func ptrace(request, tid int, address, data uintptr) bool {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(tid), address, data, 0, 0)
	return errno == 0
}

// syscallInfo is the beginning of struct ptrace_syscall_info.
type syscallInfo struct {
	op      uint8
	_       [3]uint8
	arch    uint32
	ip, sp  uint64
	number  uint64
	args    [6]uint64
	padding [2]uint64
}

// callsBetweenMarks lets the thread, which has just been seized, run until its
// last mark, and gives the least number of calls from one to the next.
func callsBetweenMarks(tid int) (least int, ok bool) {
	const interrupt = 0x4207
	if !ptrace(interrupt, tid, 0, 0) {
		return 0, false
	}
	least = math.MaxInt
	for marks, calls := 0, 0; marks <= tracedParts; {
		var state syscall.WaitStatus
		if _, err := syscall.Wait4(tid, &state, syscall.WALL, nil); err != nil || !state.Stopped() {
			return 0, false
		}
		signal := uintptr(0)
		switch {
		case state.StopSignal() == syscall.SIGTRAP|0x80:
			var info syscallInfo
			if !ptrace(ptraceSyscallInfo, tid, unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info))) {
				return 0, false
			}
			if info.op != syscallEntry {
				break
			}
			if info.number == syscall.SYS_GETPGID && info.args[0] == markPID {
				if marks > 0 {
					least = min(least, calls)
				}
				marks, calls = marks+1, 0
			} else {
				calls++
			}
		case uint32(state)>>16 == 0: // a signal, which is passed on
			signal = uintptr(state.StopSignal())
		}
		if marks <= tracedParts && !ptrace(syscall.PTRACE_SYSCALL, tid, 0, signal) {
			return 0, false
		}
	}
	return least, ptrace(syscall.PTRACE_DETACH, tid, 0, 0)
}
