package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) mutexCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "mutex COMMAND",
		Short: "Run commands one at a time",
		Long: `A mutex is owned by one process at a time. When its owner dies, the next one gets
it and is told that it was abandoned.`,
		Example: "  ipc mutex run deploy -- make deploy",
	}
	c.AddCommand(a.mutexRun(), a.mutexHold(), a.mutexCreate())
	return a.parent(c)
}

func (a *app) mutexRun() *cobra.Command {
	var o ipc.MutexOptions
	c := &cobra.Command{
		Use:   "run NAME [--timeout DURATION] [--permanent] -- CMD…",
		Short: "Hold a mutex while a command runs",
		Long: `Wait for a mutex, which is created when it does not exist, and hold it while a
command runs. The exit status is the command's: 128 + N when signal N ended it,
127 when it was not found, 126 when it cannot be started.

A mutex whose last owner died is said on the standard error to be abandoned: what
it protects may be half done. That is known as long as somebody has the mutex
open, as those who wait do, or always when it is --permanent.

Signals go to the command, and the mutex is held until it has ended. If ipc itself
is killed with SIGKILL, so is the command, but not what that has started, and the
mutex is abandoned.`,
		Example: `  ipc mutex run deploy -- make deploy
  ipc mutex run deploy --timeout 0 -- make deploy    fails with 124 if it is not free`,
		Args:              a.afterDash,
		ValidArgsFunction: a.completeRun("mutex"),
	}
	c.Flags().BoolVar(&o.Permanent, "permanent", false, "create a mutex that stays, until ipc rm")
	a.timeoutFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		child, err := a.command(args[1:])
		if err != nil {
			return err
		}
		m, _, err := a.lock(ctx, args[0], &o)
		if err != nil {
			return err
		}
		defer m.Close()
		err = a.runChild(child)
		return a.afterRun(err, m.Unlock())
	})
}

func (a *app) mutexHold() *cobra.Command {
	var o ipc.MutexOptions
	c := &cobra.Command{
		Use:   "hold NAME [--timeout DURATION] [--permanent]",
		Short: "Hold a mutex until end of input or a signal",
		Long: `Wait for a mutex, which is created when it does not exist, print a line and hold
it until end of input or a signal, which both are a good end (status 0); with
/dev/null as input, until a signal. An abandoned mutex is said to be so on the
standard error.`,
		Example:           "  ipc mutex hold deploy     nobody deploys until Ctrl-D",
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("mutex"),
	}
	c.Flags().BoolVar(&o.Permanent, "permanent", false, "create a mutex that stays, until ipc rm")
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		m, abandoned, err := a.lock(ctx, args[0], &o)
		if err != nil {
			return err
		}
		defer m.Close()
		in := a.holdInput()
		a.complain("mutex %q is held %s", args[0], in.until())
		done := did("locked", "mutex", args[0])
		done.Abandoned = abandoned
		if err = a.say(done, "locked mutex:"+printable(args[0])); err == nil {
			in.hold(ctx)
		}
		return a.afterRun(err, m.Unlock())
	})
}

func (a *app) mutexCreate() *cobra.Command {
	var o ipc.MutexOptions
	c := &cobra.Command{
		Use:   "create NAME [--permanent]",
		Short: "Create a mutex and keep it open, without locking it",
		Long: `Create a free mutex, or open the one that exists, and keep it open until end of
input or a signal; with /dev/null as input, until a signal. "run" and "hold" create
what they need: this is for a mutex that others open, or that is to stay.`,
		Example:           "  ipc mutex create deploy --permanent",
		Args:              arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().BoolVar(&o.Permanent, "permanent", false, "stay when nobody has it open, until ipc rm")
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		return a.create(ctx, "mutex", args[0], o.Permanent, func(n *ipc.Namespace, name string) (object, error) {
			return n.CreateMutex(name, &o)
		})
	})
}

// lock creates or opens a mutex and waits for it. It tells the user when it
// was abandoned.
func (a *app) lock(ctx context.Context, name string, o *ipc.MutexOptions) (*ipc.Mutex, bool, error) {
	m, err := ensure(a, "mutex", name, func(n *ipc.Namespace, name string) (*ipc.Mutex, error) {
		return n.CreateMutex(name, o)
	})
	if err != nil {
		return nil, false, err
	}
	ctx, cancel := a.limited(ctx)
	defer cancel()
	abandoned, err := m.Lock(ctx)
	if err != nil {
		err = a.ended(err, "mutex %q%s was not free", name, ownedBy(m))
		m.Close()
		return nil, false, err
	}
	if abandoned {
		a.complain("%s", abandonedNote(name))
	}
	return m, abandoned, nil
}

func abandonedNote(name string) string {
	return fmt.Sprintf("mutex %q was abandoned: its last owner ended without unlocking it, so check what it protects", name)
}

// ownedBy names the owner of a mutex for an error.
func ownedBy(m *ipc.Mutex) string {
	info, err := m.Info()
	if err != nil || info.Owner == nil || info.Owner.PID == 0 {
		return ""
	}
	return fmt.Sprintf(", which %s owns,", processName(*info.Owner))
}
