//go:build !linux

package bench

import (
	"os/exec"
	"time"
)

// unixSockets: what Go has of them does not work everywhere.
const unixSockets = false

// slowness is by how much less is measured, for it all to end in time.
const slowness = 50

// now is a clock that all processes share.
func now() int64 { return time.Now().UnixNano() }

// apart does nothing here.
func apart(*exec.Cmd) {}

// pin does nothing here: figures are for information.
func pin(cpu int) {}

// What follows cannot be measured here.

func threads() int { return 0 }

func resident() int { return 0 }

func idle(int, time.Duration) Values { return nil }
