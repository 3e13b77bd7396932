package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) lsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ls",
		Short: "List the objects: state, owner, waiters",
		Long: `List the objects of the user's namespace and those of the machine (Global\…), or
those of --namespace. ` + lookingNote,
		Example: `  ipc ls
  ipc ls --json | jq -r '.[] | select(.abandoned) | .name'`,
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	a.jsonFlag(c)
	return a.leaf(c, func(context.Context, []string) error {
		list, err := a.objects()
		var pipes []ipc.PipeInfo
		if err == nil {
			pipes, err = a.pipes()
		}
		if errors.Is(err, errNoNamespace) {
			a.complain("%s", err)
			err = nil
		} else if err == nil && len(list)+len(pipes) == 0 {
			a.complain("%s", a.nothingHere())
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(describeAll(list, pipes))
		}
		return table(a.out, list, pipes)
	})
}

func describeAll(list []ipc.Info, pipes []ipc.PipeInfo) []any {
	described, stopped := []any{}, stops{} // [] rather than null
	for i := range list {
		described = append(described, describe(&list[i], stopped))
	}
	for i := range pipes {
		described = append(described, describePipe(&pipes[i], stopped))
	}
	return described
}

func (a *app) nothingHere() string {
	where := "here"
	if a.opened != nil {
		where = "in " + a.opened.Dir()
	} else if n, err := ipc.DefaultNamespace(); err == nil {
		where = "in " + n.Dir()
	}
	return "no objects " + where + ": no live process has one open"
}

func table(out io.Writer, list []ipc.Info, pipes []ipc.PipeInfo) error {
	if len(list)+len(pipes) == 0 {
		return nil
	}
	rows := [][]string{{"NAME", "TYPE", "STATE", "OWNER", "WAITERS", "HANDLES"}}
	now, stopped := time.Now(), stops{}
	for i := range list {
		o := &list[i]
		rows = append(rows, []string{shownName(o), o.Type, state(o, now), owner(o, stopped), waiters(o), fmt.Sprint(o.Handles)})
	}
	for i := range pipes {
		rows = append(rows, pipeRow(&pipes[i], stopped))
	}
	return writeRows(out, rows)
}

func shownName(o *ipc.Info) string {
	if o.Name == "" {
		return "(anonymous)"
	}
	return printable(o.Name)
}

// owner is who owns a mutex or reads a mailslot.
func owner(o *ipc.Info, stopped stops) string {
	switch {
	case o.Owner != nil:
		return stopped.name(*o.Owner)
	case o.Mailslot != nil && o.Mailslot.Reader != nil:
		return stopped.name(*o.Mailslot.Reader)
	}
	return "-"
}

// processName writes a process as its id and what it runs, as it says itself.
func processName(p ipc.ProcessInfo) string {
	switch {
	case p.PID == 0:
		return "unknown"
	case p.Command == "":
		return fmt.Sprint(p.PID)
	default:
		return fmt.Sprintf("%d %s", p.PID, visible(p.Command))
	}
}

// state puts an object's state into a word or two.
func state(o *ipc.Info, now time.Time) string {
	switch o.Type {
	case "event":
		if o.Signaled {
			return "set"
		}
		return "unset"
	case "mutex":
		return mutexState(o)
	case "semaphore":
		return fmt.Sprintf("%d/%d", o.Count, o.Max)
	case "timer":
		return timerState(o, now)
	case "mailslot":
		if o.Mailslot.Messages < 0 {
			return "not told"
		}
		return count(o.Mailslot.Messages, "message")
	default:
		return "-"
	}
}

func mutexState(o *ipc.Info) string {
	switch {
	case o.Owner != nil:
		return "owned"
	case o.Abandoned:
		return "abandoned"
	default:
		return "free"
	}
}

func timerState(o *ipc.Info, now time.Time) string {
	left := o.Due.Sub(now)
	switch {
	case o.Signaled:
		return "signalled"
	case o.Due.IsZero():
		return "not set"
	case left <= 0:
		return "due now" + unlessCancelled
	default:
		return "due in " + rough(left) + unlessCancelled
	}
}

// rough writes a duration with no more figures than a reader wants.
func rough(d time.Duration) string {
	const day = 24 * time.Hour
	unit := time.Millisecond
	switch {
	case d >= 2*day:
		return count(int(d.Round(day)/day), "day")
	case d >= 10*time.Second:
		unit = time.Second
	case d >= time.Second:
		unit = 100 * time.Millisecond
	}
	return max(d.Round(unit), unit).String()
}
