package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) rmCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rm TYPE:NAME",
		Short: "Remove a permanent object",
		Long: `Remove a permanent object: it is gone at once when nobody has it open, and with its
last handle otherwise. An object that is not permanent cannot be removed: it is
gone when the processes that "ipc show" lists have ended.`,
		Example:           "  ipc rm mutex:deploy",
		Args:              arguments("TYPE:NAME"),
		ValidArgsFunction: a.completeObjects(1),
	}
	a.jsonFlag(c)
	return a.leaf(c, func(_ context.Context, args []string) error {
		want, err := a.parseObject(args[0], shownTypes)
		if err != nil {
			return err
		}
		if want.kind == "pipe" {
			return fmt.Errorf("pipe %q cannot be removed: it is gone when its server has ended (%s)", want.name, a.advice("show", args[0]))
		}
		o, err := a.existing(want)
		if err != nil {
			return err
		}
		if !o.Permanent {
			return fmt.Errorf("%s %q is not permanent: it is gone when its %s closed (%s)",
				o.Type, o.Name, handlesAre(o.Handles), a.advice("show", args[0]))
		}
		n, base, err := a.place(o.Type, o.Name, toUse)
		if err != nil {
			return err
		}
		if err := n.Remove(base); err != nil {
			return a.explain(err, o.Type, o.Name, "")
		}
		if o.Handles > 0 {
			a.complain("%s %q is no longer permanent: it is gone when its %s closed", o.Type, o.Name, handlesAre(o.Handles))
		}
		return a.say(did("removed", o.Type, o.Name), "")
	})
}

func handlesAre(n int) string {
	if n == 1 {
		return "handle is"
	}
	return fmt.Sprintf("%d handles are", n)
}
