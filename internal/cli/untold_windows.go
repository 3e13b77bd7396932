package cli

import (
	"fmt"

	"github.com/winsys-go/ipc"
)

// A gap is what Windows does not tell of an object: a field of the JSON, and
// words for it.
type gap struct{ field, words string }

func gaps(o *ipc.Info) []gap {
	list := []gap{
		{"holders", "who has it open"},
		{"waiting", "who waits"},
		{"waiters", "waits of programs that do not use this package"},
	}
	if o.Owner != nil && o.Owner.PID == 0 {
		list = append(list, gap{"owner", "who owns it"})
	}
	if o.Type == "timer" {
		list = append(list, gap{"period_ns", "its period"}, gap{"due", "whether it was cancelled"})
		if !o.ManualReset {
			list = append(list, gap{"manual_reset", "whether another program made it manual-reset"})
		}
	}
	if o.Mailslot != nil {
		list = append(list, gap{"mailslot", "who reads it, who writes, the bytes of its messages"}, gap{"handles", "its handles"})
	}
	return list
}

// untold puts what Windows does not tell of an object into words.
func untold(o *ipc.Info) []string {
	var words []string
	for _, g := range gaps(o) {
		words = append(words, g.words)
	}
	return words
}

// A described is an object in JSON, with the names of the fields that are
// missing or may be wrong because Windows does not tell.
type described struct {
	ipc.Info
	Waiters int      `json:"waiters,omitempty"` // at least
	NotTold []string `json:"not_told"`
}

// describe makes the JSON of an object.
func describe(o *ipc.Info, _ stops) any {
	d := described{Info: *o, Waiters: o.Waiters}
	for _, g := range gaps(o) {
		d.NotTold = append(d.NotTold, g.field)
	}
	return d
}

// waiters gives the number of waits for a table: at least so many, since those
// of programs that do not use this package are not known.
func waiters(o *ipc.Info) string {
	if o.Waiters == 0 {
		return "?"
	}
	return fmt.Sprintf("%d+", o.Waiters)
}

// knownWaiters gives the number of waits in words.
func knownWaiters(o *ipc.Info) string {
	if o.Waiters == 0 {
		return "none known"
	}
	return fmt.Sprintf("%d known", o.Waiters)
}

// unlessCancelled follows the time at which a timer is due: another handle may
// have cancelled it.
const unlessCancelled = " unless cancelled"

// lookingNote is what the help of ls and show says of looking.
const lookingNote = `It disturbs nothing.

Windows does not tell everything: 2+ waiters are those of programs that use the
package of this command, and ? means that there is none of them. Nor does it tell
of every mutex who owns it, of a timer whether it was cancelled, and whose the
handles are. What this user may not open is left out.`
