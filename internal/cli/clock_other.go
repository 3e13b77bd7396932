//go:build !linux && !windows

package cli

import "time"

var started = time.Now()

// monotonic is the time since this process started: without a backend there
// are no other processes to compare it with.
func monotonic() int64 { return int64(time.Since(started)) }

// demoParent is where the demonstration makes its directory.
const demoParent = ""
