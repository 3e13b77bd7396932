package cli

import "github.com/winsys-go/ipc/internal/win32"

// monotonic reads, in nanoseconds, the clock that all processes of the machine
// share and nobody sets.
func monotonic() int64 { return win32.Now() }

// demoParent is where the demonstration makes its directory: where this user
// has temporary files.
const demoParent = ""
