package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) timerCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "timer COMMAND",
		Short: "Create, set and wait for timers",
		Long: `A timer fires after a time or at a time of day, and then periodically if it has a
period. A manual-reset timer stays signalled until it is set again; any other
releases one wait each time. It needs no process to fire, only one that has it open.`,
		Example: `  ipc timer set tick --after 1s --every 1s --create    keeps it open
  ipc timer wait tick                                   in another terminal`,
	}
	c.AddCommand(a.timerCreate(), a.timerSet(), a.timerCancel(), a.timerWait())
	return a.parent(c)
}

func (a *app) timerCreate() *cobra.Command {
	var o ipc.TimerOptions
	c := &cobra.Command{
		Use:   "create NAME [--manual] [--permanent]",
		Short: "Create a timer that is not set, and keep it open",
		Long: `Create a timer, or open the one that exists, and keep it open until end of input
or a signal; with /dev/null as input, until a signal. A timer that nobody has open
is gone, so without --permanent it ends with this command.`,
		Example:           "  ipc timer create nightly --permanent",
		Args:              arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	timerFlags(c, &o)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		return a.create(ctx, "timer", args[0], o.Permanent, func(n *ipc.Namespace, name string) (object, error) {
			return n.CreateTimer(name, &o)
		})
	})
}

func timerFlags(c *cobra.Command, o *ipc.TimerOptions) {
	c.Flags().BoolVar(&o.ManualReset, "manual", false, "stay signalled until set again")
	c.Flags().BoolVar(&o.Permanent, "permanent", false, "stay when nobody has it open, until ipc rm")
}

// A schedule is when a timer is to fire.
type schedule struct {
	after, every duration
	at           string
	time         time.Time // at, if there is one
}

// timerOrder is what timer set was told.
type timerOrder struct {
	schedule
	create bool
	o      ipc.TimerOptions
}

func (a *app) timerSet() *cobra.Command {
	var t timerOrder
	c := &cobra.Command{
		Use:   "set NAME --after DURATION|--at TIME [--every DURATION] [--create [--manual]|--permanent]",
		Short: "Say when a timer fires",
		Long: `Set an existing timer: it forgets what it was set to, and its signal. With --create
it is created if it does not exist, and kept open until end of input or a signal;
with --permanent it is created and stays. --every alone means --after the same.`,
		Example: `  ipc timer set backup --at 2027-01-31T03:00:00Z --every 24h --permanent
  ipc timer set tick --after 0s --every 500ms`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("timer"),
	}
	c.Flags().Var(&t.after, "after", "fire after `DURATION`")
	c.Flags().Var(&t.every, "every", "then fire every `DURATION`")
	c.Flags().StringVar(&t.at, "at", "", "fire at `TIME`, as 2027-01-31T03:00:00Z (RFC 3339)")
	c.Flags().BoolVar(&t.create, "create", false, "create the timer if it does not exist, and keep it open")
	timerFlags(c, &t.o)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		if err := t.check(c.Flags().Changed); err != nil {
			return err
		}
		return a.setTimer(ctx, args[0], &t)
	})
}

// check finishes an order; given tells which flags there were.
func (t *timerOrder) check(given func(flag string) bool) error {
	switch {
	case given("after") && given("at"):
		return usage("--after and --at exclude each other")
	case !given("after") && !given("at") && !given("every"):
		return usage("say when the timer fires: --after DURATION, --at TIME or --every DURATION")
	case !given("after") && !given("at"):
		t.after = t.every
	}
	if given("every") && t.every.d == 0 {
		return usage("--every 0 is no period: leave it out")
	}
	if given("manual") && !given("create") && !given("permanent") {
		return usage("--manual needs --create or --permanent: it says what to create")
	}
	if given("at") {
		var err error
		if t.time, err = time.Parse(time.RFC3339, t.at); err != nil {
			return usage("%q is not a time such as 2027-01-31T03:00:00Z or 2027-01-31T03:00:00+02:00", t.at)
		}
	}
	return nil
}

func (a *app) setTimer(ctx context.Context, name string, order *timerOrder) error {
	t, err := a.timerToSet(name, order)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := a.checkPermanent(t, "timer", name, order.o.Permanent); err != nil {
		return err
	}
	if err := order.apply(t); err != nil {
		return err
	}
	done := did("set", "timer", name)
	if info, err := t.Info(); err == nil {
		done.Due, done.PeriodNS = info.Due, info.Period
	}
	if !order.create || order.o.Permanent {
		return a.say(done, "")
	}
	in := a.holdInput()
	a.complain("timer %q is kept open %s%s", name, in.until(), permanentHint)
	if err := a.say(done, "set timer:"+printable(name)); err != nil {
		return err
	}
	in.hold(ctx)
	return nil
}

func (a *app) timerToSet(name string, order *timerOrder) (*ipc.Timer, error) {
	if !order.create && !order.o.Permanent {
		return a.openTimer(name)
	}
	return ensure(a, "timer", name, func(n *ipc.Namespace, name string) (*ipc.Timer, error) {
		return n.CreateTimer(name, &order.o)
	})
}

func (s *schedule) apply(t *ipc.Timer) error {
	if s.at != "" {
		return t.SetAt(s.time, s.every.d)
	}
	return t.Set(s.after.d, s.every.d)
}

func (a *app) timerCancel() *cobra.Command {
	c := &cobra.Command{
		Use:               "cancel NAME",
		Short:             "Make a timer no longer due",
		Long:              "Make a timer no longer due. A signal that is there already stays.",
		Example:           "  ipc timer cancel tick",
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("timer"),
	}
	a.jsonFlag(c)
	return a.leaf(c, func(_ context.Context, args []string) error {
		t, err := a.openTimer(args[0])
		if err != nil {
			return err
		}
		defer t.Close()
		if err := t.Cancel(); err != nil {
			return err
		}
		return a.say(did("cancelled", "timer", args[0]), "")
	})
}

func (a *app) timerWait() *cobra.Command {
	c := &cobra.Command{
		Use:               "wait NAME [--timeout DURATION]",
		Short:             "Wait until a timer fires",
		Long:              "Wait until a timer is signalled. That ends the signal, unless it is manual-reset.",
		Example:           "  while ipc timer wait tick; do ./poll; done",
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("timer"),
	}
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		t, err := a.openTimer(args[0])
		if err != nil {
			return err
		}
		defer t.Close()
		ctx, cancel := a.limited(ctx)
		defer cancel()
		if err := t.Wait(ctx); err != nil {
			return a.ended(err, "timer %q did not fire", args[0])
		}
		return a.say(did("fired", "timer", args[0]), "")
	})
}

func (a *app) openTimer(name string) (*ipc.Timer, error) {
	return open(a, "timer", name, (*ipc.Namespace).OpenTimer)
}
