//go:build !windows

package cli

import (
	"strconv"

	"github.com/winsys-go/ipc"
)

// untold says what the system does not tell of an object: nothing.
func untold(*ipc.Info) []string { return nil }

// describe makes the JSON of an object.
func describe(o *ipc.Info) any { return o }

// waiters gives the number of waits for a table.
func waiters(o *ipc.Info) string { return strconv.Itoa(o.Waiters) }

// knownWaiters gives the number of waits in words.
func knownWaiters(o *ipc.Info) string { return waiters(o) }

// unlessCancelled follows the time at which a timer is due.
const unlessCancelled = ""

// lookingNote is what the help of ls and show says of looking.
const lookingNote = `It opens and disturbs nothing.`
