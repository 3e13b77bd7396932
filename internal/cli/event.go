package cli

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) eventCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "event COMMAND",
		Short: "Create, set, reset and wait for events",
		Long: `An event is a flag that processes wait for. A manual-reset event stays set until
it is reset and releases everybody; any other releases one wait and is unset by it.`,
		Example: `  ipc event create ready --manual       in one terminal: keeps it open
  ipc event wait ready --timeout 30s    in another
  ipc event set ready                   in a third`,
	}
	c.AddCommand(a.eventCreate(), a.eventWait(),
		a.eventDo("set", "set", "Set an event: it releases who waits for it", (*ipc.Event).Set),
		a.eventDo("reset", "reset", "Unset an event", (*ipc.Event).Reset),
		a.eventDo("pulse", "pulsed", "Release who waits for an event now, and leave it unset", (*ipc.Event).Pulse))
	return a.parent(c)
}

func (a *app) eventCreate() *cobra.Command {
	var o ipc.EventOptions
	c := &cobra.Command{
		Use:   "create NAME [--manual] [--set] [--permanent]",
		Short: "Create an event and keep it open",
		Long: `Create an event, or open the one that exists, and keep it open until end of
input or a signal; with /dev/null as input, until a signal. An event that nobody
has open is gone, so without --permanent it ends with this command.`,
		Example: `  ipc event create ready --manual &
  ipc event create ready --permanent    returns at once; ipc rm event:ready ends it`,
		Args:              arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().BoolVar(&o.ManualReset, "manual", false, "stay set until reset")
	c.Flags().BoolVar(&o.InitiallySet, "set", false, "start set")
	c.Flags().BoolVar(&o.Permanent, "permanent", false, "stay when nobody has it open, until ipc rm")
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		return a.create(ctx, "event", args[0], o.Permanent, func(n *ipc.Namespace, name string) (object, error) {
			return n.CreateEvent(name, &o)
		})
	})
}

// eventDo makes the command for an operation on an existing event.
func (a *app) eventDo(verb, action, short string, do func(*ipc.Event) error) *cobra.Command {
	c := &cobra.Command{
		Use:               verb + " NAME",
		Short:             short,
		Example:           "  ipc event " + verb + " ready",
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("event"),
	}
	a.jsonFlag(c)
	return a.leaf(c, func(_ context.Context, args []string) error {
		e, err := a.openEvent(args[0])
		if err != nil {
			return err
		}
		defer e.Close()
		if err := do(e); err != nil {
			return err
		}
		return a.say(did(action, "event", args[0]), "")
	})
}

func (a *app) eventWait() *cobra.Command {
	var create bool
	var o ipc.EventOptions
	c := &cobra.Command{
		Use:   "wait NAME [--timeout DURATION] [--create [--manual]]",
		Short: "Wait until an event is set",
		Long: `Wait until an event is set; unless it is a manual-reset event, that unsets it.
An event that does not exist is an error, or is created with --create.`,
		Example:           "  ipc event wait ready --timeout 30s && ./start",
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("event"),
	}
	c.Flags().BoolVar(&create, "create", false, "create the event if it does not exist")
	c.Flags().BoolVar(&o.ManualReset, "manual", false, "with --create: stay set until reset")
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		name := args[0]
		if o.ManualReset && !create {
			return usage("--manual needs --create: it says what to create")
		}
		e, err := a.eventToWaitFor(name, create, &o)
		if err != nil {
			return err
		}
		defer e.Close()
		ctx, cancel := a.limited(ctx)
		defer cancel()
		if err := e.Wait(ctx); err != nil {
			return a.ended(err, "event %q was not set", name)
		}
		return a.say(did("fired", "event", name), "")
	})
}

func (a *app) eventToWaitFor(name string, create bool, o *ipc.EventOptions) (*ipc.Event, error) {
	if !create {
		return a.openEvent(name)
	}
	return ensure(a, "event", name, func(n *ipc.Namespace, name string) (*ipc.Event, error) {
		return n.CreateEvent(name, o)
	})
}

func (a *app) openEvent(name string) (*ipc.Event, error) {
	return open(a, "event", name, (*ipc.Namespace).OpenEvent)
}
