package cli

import (
	"os"
	"os/exec"
)

// Windows has one signal, that of Ctrl-C, which the console sends to the child
// as well.
var (
	interrupts = []os.Signal{os.Interrupt}
	forwarded  []os.Signal
)

func failBrokenPipes() (undo func()) { return func() {} }

func childHasIt(os.Signal) bool { return true }

func ignoreTerminalInput() {}

func hasNoInput(*os.File) bool { return false }

func childStatus(s *os.ProcessState) int { return s.ExitCode() }

func apart(*exec.Cmd) {}
