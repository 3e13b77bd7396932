//go:build !linux

package cli

import "github.com/winsys-go/ipc"

// isStopped would report whether a process is stopped, which is not told here.
func isStopped(ipc.ProcessInfo) bool { return false }

// serverOf is the process that serves a pipe, whose command is not told here.
func serverOf(p *ipc.PipeInfo) ipc.ProcessInfo { return ipc.ProcessInfo{PID: p.ServerPID} }
