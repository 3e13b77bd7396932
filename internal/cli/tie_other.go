//go:build !linux && !windows

package cli

import "os/exec"

// startTied starts a command. It cannot make it die with this process.
func startTied(c *exec.Cmd) error { return c.Start() }
