package cli

import "github.com/winsys-go/ipc/internal/linux"

// monotonic reads, in nanoseconds, the clock that all processes of the machine
// share and nobody sets.
func monotonic() int64 { return linux.Now() }

// demoParent is where the demonstration makes its directory: in memory, not in
// $TMPDIR, which may be a disk.
const demoParent = "/dev/shm"
