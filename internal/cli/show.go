package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) showCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show TYPE:NAME",
		Short: "Show everything about an object: who holds it, who waits",
		Long: `Show an object's state, the processes that have it open and the waits that are
blocked on it. ` + lookingNote,
		Example:           "  ipc show mutex:deploy",
		Args:              arguments("TYPE:NAME"),
		ValidArgsFunction: a.completeObjects(1),
	}
	a.jsonFlag(c)
	return a.leaf(c, func(_ context.Context, args []string) error {
		o, err := a.existing(args[0])
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(describe(&o))
		}
		return details(a.out, &o)
	})
}

// existing looks up the object that TYPE:NAME names, without opening it.
func (a *app) existing(arg string) (ipc.Info, error) {
	want, err := parseObject(arg, types)
	if err != nil {
		return ipc.Info{}, err
	}
	o, ok, err := a.find(want.name)
	switch {
	case err != nil && !errors.Is(err, errNoNamespace):
		return o, err
	case err != nil:
		return o, fmt.Errorf("%s %q does not exist: %w", want.kind, want.name, err)
	case !ok:
		return o, a.explain(ipc.ErrNotExist, want.kind, want.name, "ipc ls shows what there is")
	case o.Type != want.kind:
		return o, wrongType(o, want.kind, want.name)
	}
	return o, nil
}

// details prints everything about an object.
func details(out io.Writer, o *ipc.Info) error {
	fmt.Fprintf(out, "%s:%s\n", o.Type, shownName(o))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	now := time.Now()
	line := func(label, format string, args ...any) {
		fmt.Fprintf(w, "  %s\t%s\n", label, fmt.Sprintf(format, args...))
	}
	line("state", "%s", state(o, now))
	switch o.Type {
	case "event":
		line("reset", "%s", resetWord(o))
	case "mutex":
		line("owner", "%s", owner(o))
	case "semaphore":
		line("permits", "%d of %d", o.Count, o.Max)
		line("reclaim", "%s", yesNo(o.ReclaimOnExit))
	case "timer":
		line("reset", "%s", resetWord(o))
		if !o.Due.IsZero() {
			line("due", "%s", o.Due.Local().Format("2006-01-02 15:04:05.000 -07:00"))
		}
		if o.Period > 0 {
			line("every", "%v", o.Period)
		}
	}
	line("permanent", "%s", yesNo(o.Permanent))
	line("handles", "%d", o.Handles)
	byPID := func(a, b ipc.Holder) int { return cmp.Compare(a.PID, b.PID) }
	for _, h := range slices.SortedFunc(slices.Values(o.Holders), byPID) {
		line("", "%s: %s", processName(h.ProcessInfo), holding(h))
	}
	line("waiters", "%s", knownWaiters(o))
	for _, wait := range o.Waiting {
		line("", "%s: %s", processName(wait.ProcessInfo), waitingFor(wait))
	}
	label := "not told"
	for _, what := range untold(o) {
		line(label, "%s", what)
		label = ""
	}
	return w.Flush()
}

func resetWord(o *ipc.Info) string {
	if o.ManualReset {
		return "manual"
	}
	return "automatic"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func holding(h ipc.Holder) string {
	text := count(h.Handles, "handle")
	if h.Permits > 0 {
		text += ", " + count(h.Permits, "permit") + " taken"
	}
	return text
}

func waitingFor(w ipc.Waiter) string {
	switch {
	case w.Objects <= 1:
		return "waits for it"
	case w.All:
		return fmt.Sprintf("waits for all of %d objects", w.Objects)
	default:
		return fmt.Sprintf("waits for any of %d objects", w.Objects)
	}
}
