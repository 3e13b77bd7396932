package cli

import (
	"os/exec"
	"syscall"
)

// startTied starts a command that dies with this process, however that ends:
// what runs under a lock must not go on when the lock has passed to the next
// one. It is SIGKILL because the next one, who is told, does not wait for
// anybody to clean up. A command that changes its user, as sudo does, escapes.
//
// The kernel goes by the thread that starts the command, so the caller must
// stay on its thread until the command has ended.
func startTied(c *exec.Cmd) error {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c.Start()
}
