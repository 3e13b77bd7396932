//go:build linux

package linux

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// deadThreads are the threads of a process that was told to die, as /proc shows them.
type deadThreads struct {
	dir   int    // /proc/PID/task; -1: it is not to be seen
	first string // number of the first thread, and of the process
}

// mostThreads bounds how many are looked at.
const mostThreads = 64

// openThreads finds the threads of the process of a handle. Should that have ended, and
// its number be another's by now, what is said of that one does no harm.
func openThreads(pidfd int) deadThreads {
	number := numberInProc(pidfd)
	if number == "" {
		return deadThreads{dir: -1}
	}
	dir, err := unix.Open("/proc/"+number+"/task", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return deadThreads{dir: -1}
	}
	return deadThreads{dir, number}
}

func (d deadThreads) close() {
	if d.dir >= 0 {
		unix.Close(d.dir)
	}
}

// numberInProc is the number by which /proc, which may be that of another pid
// namespace, has the process of a handle; empty if it does not.
func numberInProc(pidfd int) string {
	info, _ := readSmall(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd))
	_, after, _ := strings.Cut(info, "\nPid:\t")
	number, _, whole := strings.Cut(after, "\n")
	if pid, err := strconv.Atoi(number); !whole || err != nil || pid <= 0 {
		return ""
	}
	return number
}

// over reports whether no thread can run the program any more. False may also mean that
// this is not to be seen.
//
// The count is read before the list. No thread joins those of a process that dies, so a
// list with as many is all of those that were counted.
func (d deadThreads) over() bool {
	first := d.look(d.first)
	if !first.over || first.threads > mostThreads {
		return false
	}
	names := d.names()
	if len(names) != first.threads {
		return false
	}
	for _, name := range names {
		if name != d.first && !d.look(name).over {
			return false
		}
	}
	return true
}

// A threadState is what /proc says of a thread.
type threadState struct {
	threads int  // of the process, together with this one
	over    bool // it cannot run its program any more
}

// look looks at a thread. Of one that is gone or hidden nothing is known.
//
// A thread cannot run its program when it has let go of the memory, as each does on its
// way out. The last one then gives that back, which is most of what a process does to
// end. Who looks in the very moment at which the last one lets go has it to give back
// himself, which takes no longer than to wait for it.
//
// Nor can a thread run its program that has been told to die and is not running: it is
// in the kernel, and does not come out again. It may be there for long: to have itself
// fenced, for example.
func (d deadThreads) look(name string) threadState {
	if d.dir < 0 {
		return threadState{}
	}
	const third, state, threads, size, signals, last = 3, 3, 20, 23, 31, 32 // as proc(5) counts
	text, _ := readSmallAt(d.dir, name+"/stat")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= last-third {
		return threadState{}
	}
	count, err1 := strconv.Atoi(fields[threads-third])
	pending, err2 := strconv.ParseUint(fields[signals-third], 10, 64)
	if err1 != nil || err2 != nil || count <= 0 {
		return threadState{}
	}
	dies := pending&(1<<(unix.SIGKILL-1)) != 0
	return threadState{count, fields[size-third] == "0" || dies && fields[state-third] != "R"}
}

// names lists the threads, or a part of them if they are too many.
func (d deadThreads) names() []string {
	if _, err := unix.Seek(d.dir, 0, 0); err != nil {
		return nil
	}
	buf := make([]byte, 32*(mostThreads+2))
	n, err := ignoringEINTR(func() (int, error) { return unix.ReadDirent(d.dir, buf) })
	if err != nil {
		return nil
	}
	_, _, names := unix.ParseDirent(buf[:n], -1, nil)
	return names
}
