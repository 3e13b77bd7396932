package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
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
		want, err := a.parseObject(args[0], shownTypes)
		if err != nil {
			return err
		}
		return a.show(want)
	})
}

// show prints everything about an object.
func (a *app) show(want objectName) error {
	if want.kind == "pipe" {
		return a.showPipe(want.name)
	}
	o, err := a.existing(want)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(describe(&o, stops{}))
	}
	return details(a.out, &o)
}

// existing looks up an object, without opening it.
func (a *app) existing(want objectName) (ipc.Info, error) {
	find := a.find
	if want.kind == "mailslot" {
		find = a.findMailslot
	}
	o, ok, err := find(want.name)
	switch {
	case err != nil && !errors.Is(err, errNoNamespace):
		return o, err
	case err != nil:
		return o, fmt.Errorf("%s %q does not exist: %w", want.kind, want.name, err)
	case !ok:
		return o, a.explain(ipc.ErrNotExist, want.kind, want.name, a.advice("ls")+" shows what there is")
	case o.Type != want.kind:
		return o, a.wrongType(o, want.kind, want.name)
	}
	return o, nil
}

// details prints everything about an object.
func details(out io.Writer, o *ipc.Info) error {
	fmt.Fprintf(out, "%s:%s\n", o.Type, shownName(o))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	now, stopped := time.Now(), stops{}
	line := func(label, format string, args ...any) {
		fmt.Fprintf(w, "  %s\t%s\n", label, fmt.Sprintf(format, args...))
	}
	line("state", "%s", state(o, now))
	switch o.Type {
	case "event":
		line("reset", "%s", resetWord(o))
	case "mutex":
		line("owner", "%s", owner(o, stopped))
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
	case "mailslot":
		mailslotDetails(o, stopped, line)
	}
	line("permanent", "%s", yesNo(o.Permanent))
	if o.Handles > 0 || o.Mailslot == nil {
		line("handles", "%d", o.Handles)
	}
	for _, h := range o.Holders {
		line("", "%s: %s", stopped.name(h.ProcessInfo), holding(h))
	}
	line("waiters", "%s", knownWaiters(o))
	for _, wait := range o.Waiting {
		line("", "%s: %s", stopped.name(wait.ProcessInfo), waitingFor(wait))
	}
	label := "not told"
	for _, what := range untold(o) {
		line(label, "%s", what)
		label = ""
	}
	return w.Flush()
}

func mailslotDetails(o *ipc.Info, stopped stops, line func(label, format string, args ...any)) {
	m := o.Mailslot
	if m.Bytes >= 0 {
		line("bytes", "%s", number(int(m.Bytes)))
	}
	if m.QueueBytes > 0 {
		line("room", "%s bytes", number(int(m.QueueBytes)))
	}
	if m.MaxMessageSize > 0 {
		line("longest", "%s bytes", number(int(m.MaxMessageSize)))
	}
	if m.Reader != nil {
		line("reader", "%s", stopped.name(*m.Reader))
		line("writers", "%d", o.Handles-1)
	}
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
