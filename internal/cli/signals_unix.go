//go:build unix

package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

var (
	// interrupts end a wait.
	interrupts = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	// forwarded go to the child besides.
	forwarded = []os.Signal{syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2}
)

// failBrokenPipes makes a write to a pipe that nobody reads fail, instead of
// ending this process before it has given back what it holds. (A signal that
// is caught, unlike one that is ignored, is as usual for a child.)
func failBrokenPipes() (undo func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGPIPE)
	return func() { signal.Stop(c) }
}

// isBrokenPipe reports whether a write failed because nobody reads any more.
func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// childHasIt reports whether the child has got a signal by itself: a terminal
// sends SIGINT and SIGQUIT to every process of the group in its foreground,
// and the child is of this process's group. A second one would tell many
// programs to stop at once instead of in good order.
func childHasIt(sig os.Signal) bool {
	return (sig == syscall.SIGINT || sig == syscall.SIGQUIT) && inForeground()
}

// inForeground reports whether this process's group has the terminal.
func inForeground() bool {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return false
	}
	// pid (command) state ppid pgrp session tty_nr tpgid …
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(fields) > 5 && bytes.Equal(fields[2], fields[5])
}

// ignoreTerminalInput makes reads from a terminal that belongs to another job
// fail instead of stopping this process.
func ignoreTerminalInput() { signal.Ignore(syscall.SIGTTIN) }

// hasNoInput reports whether in can never deliver anything. Shells give
// /dev/null to the jobs of a script, and Go to a child.
func hasNoInput(in *os.File) bool {
	null, err := os.Stat(os.DevNull)
	if err != nil {
		return false
	}
	st, err := in.Stat()
	return err == nil && os.SameFile(null, st)
}

// isConsole reports whether in is a terminal.
func isConsole(in *os.File) bool {
	raw, err := in.SyscallConn()
	if err != nil {
		return false
	}
	var sizeErr error
	err = raw.Control(func(fd uintptr) { _, sizeErr = unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ) })
	return err == nil && sizeErr == nil
}

// childStatus is the exit status of a child that has ended, as shells have it.
func childStatus(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return exitSignalled + int(w.Signal())
	}
	return s.ExitCode()
}

// apart puts a command into a process group of its own, which a terminal's
// signals do not reach.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
