package cli

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// Windows has two signals, which the console sends to the child as well: that of
// Ctrl-C, and one that comes some seconds before the end of whoever is still there,
// when the console is closed, or the user logs off.
var (
	interrupts = []os.Signal{os.Interrupt, syscall.SIGTERM}
	forwarded  []os.Signal
)

func failBrokenPipes() (undo func()) { return func() {} }

// isBrokenPipe reports whether a write failed because nobody reads any more.
func isBrokenPipe(err error) bool {
	return errors.Is(err, windows.ERROR_NO_DATA) || errors.Is(err, windows.ERROR_BROKEN_PIPE) ||
		errors.Is(err, windows.ERROR_PIPE_NOT_CONNECTED)
}

func childHasIt(os.Signal) bool { return true }

func ignoreTerminalInput() {}

// hasNoInput reports whether in is NUL: a device for characters, and no console.
func hasNoInput(in *os.File) bool {
	h := windows.Handle(in.Fd())
	kind, err := windows.GetFileType(h)
	var mode uint32
	return err == nil && kind == windows.FILE_TYPE_CHAR && windows.GetConsoleMode(h, &mode) != nil
}

// isConsole reports whether in is a console.
func isConsole(in *os.File) bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(in.Fd()), &mode) == nil
}

func childStatus(s *os.ProcessState) int { return s.ExitCode() }

func apart(*exec.Cmd) {}
