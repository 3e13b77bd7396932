//go:build !windows

package cli

import (
	"strconv"

	"github.com/winsys-go/ipc"
)

// untold says what the system does not tell of an object: nothing.
func untold(*ipc.Info) []string { return nil }

// A described is an object in JSON, with what is to be said of its processes.
type described struct {
	ipc.Info
	Owner    *shownProcess      `json:"owner,omitempty"`
	Mailslot *describedMailslot `json:"mailslot,omitempty"`
	Holders  []describedHolder  `json:"holders,omitempty"`
	Waiting  []describedWaiter  `json:"waiting,omitempty"`
}

type describedMailslot struct {
	ipc.MailslotInfo
	Reader *shownProcess `json:"reader,omitempty"`
}

type describedHolder struct {
	ipc.Holder
	Stopped bool `json:"stopped,omitempty"`
}

type describedWaiter struct {
	ipc.Waiter
	Stopped bool `json:"stopped,omitempty"`
}

// describe makes the JSON of an object.
func describe(o *ipc.Info, stopped stops) any {
	shown := func(p *ipc.ProcessInfo) *shownProcess {
		if p == nil {
			return nil
		}
		s := stopped.shown(*p)
		return &s
	}
	d := described{Info: *o, Owner: shown(o.Owner)}
	if o.Mailslot != nil {
		d.Mailslot = &describedMailslot{*o.Mailslot, shown(o.Mailslot.Reader)}
	}
	for _, h := range o.Holders {
		d.Holders = append(d.Holders, describedHolder{h, stopped.has(h.ProcessInfo)})
	}
	for _, w := range o.Waiting {
		d.Waiting = append(d.Waiting, describedWaiter{w, stopped.has(w.ProcessInfo)})
	}
	return d
}

// waiters gives the number of waits for a table.
func waiters(o *ipc.Info) string { return strconv.Itoa(o.Waiters) }

// knownWaiters gives the number of waits in words.
func knownWaiters(o *ipc.Info) string { return waiters(o) }

// unlessCancelled follows the time at which a timer is due.
const unlessCancelled = ""

// lookingNote is what the help of ls and show says of looking.
const lookingNote = `It opens and disturbs nothing.

A process is (stopped) that a signal or a debugger has stopped: what it owns or
serves waits until it goes on.`
