//go:build linux

package linux

import (
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Ended reports whether no thread of the process that has a number, or had it before,
// can still run its program, and waits for that for so long. False means that it is not
// known: the process lives, or the number is another's by now, or this process's own,
// or no number of a process (0, negative); or there is no descriptor left, or the kernel (before Linux 5.3) or a
// sandbox has no process handles. The process must have been told to die, so that its
// threads start no others.
//
// The kernel lets the handle of a process be read once its first thread is a zombie
// and the others are gone, and gives its number away again no earlier. Whether the
// process was collected, and by whom, does not matter. Most of the time that takes goes
// into giving its memory back, so it is also looked at how far the threads are.
func Ended(pid int, within time.Duration) bool {
	if pid <= 0 || pid > math.MaxInt32 || pid == os.Getpid() {
		return false
	}
	until := Now() + int64(within)
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err == unix.ESRCH
	}
	defer unix.Close(fd)
	threads := openThreads(fd)
	defer threads.close()
	for pause := firstPause; !threads.over(); pause *= 2 {
		next := Now() + int64(pause)
		if readable, _ := readableBefore(fd, min(next, until)); readable {
			return true
		}
		if next >= until {
			return false
		}
	}
	return true
}

// firstPause is that between the first two looks at the threads. The next is longer, and
// so on, as the process is the more likely to take its time.
const firstPause = 50 * time.Microsecond

// readableBefore reports whether fd can be read, and waits for that until a time has
// come, without the runtime's poller.
func readableBefore(fd int, until int64) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	_, err := ignoringEINTR(func() (int, error) {
		left := unix.NsecToTimespec(max(0, until-Now()))
		return unix.Ppoll(fds, &left, nil)
	})
	return fds[0].Revents&unix.POLLIN != 0, os.NewSyscallError("ppoll", err)
}

// PIDSpace identifies the pid namespace of this process, in which its number means
// what it does; 0 where that is not known. No two that exist at the same time have the
// same, and none ends before all its processes have.
func PIDSpace() uint64 { return pidSpace() }

var pidSpace = sync.OnceValue(func() uint64 {
	const path = "/proc/self/ns/pid"
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Statfs(path, &fs) != nil || fs.Type != unix.NSFS_MAGIC || unix.Stat(path, &st) != nil {
		return 0 // no /proc, or not the kernel's
	}
	if uint64(st.Dev) > math.MaxUint32 || st.Ino > math.MaxUint32 {
		return 0
	}
	return uint64(st.Dev)<<32 | st.Ino
})
