package bench

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"github.com/winsys-go/ipc/internal/linux"
)

const unixSockets = true

// now is a clock that all processes share.
func now() int64 { return linux.Now() }

// pin keeps all threads of this process, and those that they will start, on
// one processor.
func pin(cpu int) {
	mask := uint64(1) << cpu
	tasks, _ := filepath.Glob("/proc/self/task/*")
	for _, t := range tasks {
		tid, _ := strconv.Atoi(filepath.Base(t))
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(tid), 8, uintptr(unsafe.Pointer(&mask)))
	}
}

// status reads a number from the status of a process or one of its threads.
func status(path, field string) (n int) {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			n, _ = strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return n
}
