//go:build unix

package testproc

import "syscall"

// alive tells whether a process is there.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
