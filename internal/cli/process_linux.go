package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/linux"
)

// isStopped reports whether a process is stopped. It is not said of one that may
// be another: which has another name, or calls itself by another number, since it
// is in a pid namespace of its own.
func isStopped(p ipc.ProcessInfo) bool {
	return p.Command != "" && halted(p.PID) && callsItself(p.PID) && linux.CommandOf(p.PID) == p.Command
}

// halted reports whether a process is in the state T, or t for a debugger. It
// stands behind the name in parentheses, which may have others in it.
func halted(pid int) bool {
	stat, _ := os.ReadFile(procFile(pid, "stat"))
	_, rest, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
	return strings.HasPrefix(rest, "T ") || strings.HasPrefix(rest, "t ")
}

// callsItself reports whether a process has the same number for itself as here:
// NSpid has one for each pid namespace down to its own.
func callsItself(pid int) bool {
	status, _ := os.ReadFile(procFile(pid, "status"))
	for line := range strings.Lines(string(status)) {
		if numbers, ok := strings.CutPrefix(line, "NSpid:"); ok {
			return strings.TrimSpace(numbers) == strconv.Itoa(pid)
		}
	}
	return false
}

// serverOf is the process that serves a pipe, with its command if it can be seen
// to have the pipe's card open: the number on that may be of another pid namespace.
func serverOf(p *ipc.PipeInfo) ipc.ProcessInfo {
	server := ipc.ProcessInfo{PID: p.ServerPID}
	dir, socket := filepath.Split(p.Path)
	card := filepath.Join(dir, linux.CardPrefix+strings.TrimPrefix(socket, linux.SocketPrefix))
	if hasOpen(p.ServerPID, card) {
		server.Command = linux.CommandOf(p.ServerPID)
	}
	return server
}

// hasOpen reports whether a process has a file open, as far as this user may see.
func hasOpen(pid int, path string) bool {
	want, err := os.Lstat(path)
	if err != nil {
		return false
	}
	open, _ := os.ReadDir(procFile(pid, "fd"))
	for _, fd := range open {
		got, err := os.Stat(procFile(pid, filepath.Join("fd", fd.Name())))
		if err == nil && os.SameFile(got, want) {
			return true
		}
	}
	return false
}

func procFile(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }
