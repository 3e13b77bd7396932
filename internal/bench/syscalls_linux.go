package bench

import (
	"runtime"
	"syscall"
	"unsafe"

	"github.com/winsys-go/ipc"
)

// System calls are counted by tracing the thread of a child that makes pairs,
// between two calls that nobody else makes.
const (
	ptraceSeize       = 0x4206
	ptraceSyscallInfo = 0x420e
	syscallEntry      = 1
	markPID           = 0x7ffffff1 // getpgid of it is the mark
)

func mark() { syscall.RawSyscall(syscall.SYS_GETPGID, markPID, 0, 0) }

// tracedRole makes pairs on a thread of its own, when it is told to.
func tracedRole(r *Role) {
	do := pairs[r.Number(1)].make(r.Namespace())
	runtime.LockOSThread()
	r.Say(syscall.Gettid())
	count := r.Order()[0]
	do(count) // the first ones may set something up
	mark()
	do(count)
	mark()
}

// systemCalls counts those of a pair.
func systemCalls(s *Stage, n *ipc.Namespace, i, count int) (float64, bool) {
	// The runtime would interrupt the thread by signals, which are system
	// calls too.
	p := s.Begin([]string{"GODEBUG=asyncpreemptoff=1", "GOGC=off"}, "traced", n.Dir(), i)
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
// second mark.
func callsBetweenMarks(tid int) (calls int, ok bool) {
	const interrupt = 0x4207
	if !ptrace(interrupt, tid, 0, 0) {
		return 0, false
	}
	for marks := 0; marks < 2; {
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
				marks++
			} else if marks == 1 {
				calls++
			}
		case uint32(state)>>16 == 0: // a signal, which is passed on
			signal = uintptr(state.StopSignal())
		}
		if marks < 2 && !ptrace(syscall.PTRACE_SYSCALL, tid, 0, signal) {
			return 0, false
		}
	}
	return calls, ptrace(syscall.PTRACE_DETACH, tid, 0, 0)
}
