package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) semaphoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "semaphore COMMAND",
		Short: "Run at most N commands at once",
		Long: `A semaphore is a number of permits between 0 and a maximum. A wait takes one and
blocks while there is none; anybody may release permits.`,
		Example: "  ipc semaphore run encode --max 2 -- ffmpeg -i in.mov out.mp4",
	}
	c.AddCommand(a.semaphoreRun(), a.semaphoreCreate(), a.semaphoreAcquire(), a.semaphoreRelease())
	return a.parent(c)
}

func (a *app) semaphoreRun() *cobra.Command {
	o := ipc.SemaphoreOptions{ReclaimOnExit: true}
	c := &cobra.Command{
		Use:   "run NAME --max N [--timeout DURATION] -- CMD…",
		Short: "Hold a permit while a command runs: at most N at once",
		Long: `Wait for a permit of a semaphore and hold it while a command runs, so that at most
N run at once in the whole namespace. The semaphore is created when it does not
exist; --max must be its maximum, and may be left out when it exists. The exit
status is the command's, as for "ipc mutex run".

Signals go to the command, and the permit is held until it has ended. If ipc itself
is killed with SIGKILL, so is the command, but not what that has started, and the
permit comes back, though not on Windows.`,
		Example:           "  ls *.mov | xargs -P 8 -I{} ipc semaphore run encode --max 2 -- ./encode {}",
		Args:              a.afterDash,
		ValidArgsFunction: a.completeRun("semaphore"),
	}
	c.Flags().IntVar(&o.Max, "max", 0, "at most `N` at once")
	c.Flags().BoolVar(&o.Permanent, "permanent", false, "create a semaphore that stays, until ipc rm")
	a.timeoutFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		if c.Flags().Changed("max") {
			if err := checkCounts(o.Max, 0); err != nil {
				return err
			}
		}
		child, err := a.command(args[1:])
		if err != nil {
			return err
		}
		s, err := a.limiter(args[0], o)
		if err != nil {
			return err
		}
		defer s.Close()
		if err := a.acquire(ctx, s, args[0]); err != nil {
			return err
		}
		err = a.runChild(child)
		_, release := s.Release(1)
		return a.afterRun(err, release)
	})
}

func (a *app) semaphoreCreate() *cobra.Command {
	var o ipc.SemaphoreOptions
	c := &cobra.Command{
		Use:   "create NAME --max N [--initial K] [--reclaim] [--permanent]",
		Short: "Create a semaphore and keep it open",
		Long: `Create a semaphore, or open the one that exists, and keep it open until end of
input or a signal; with /dev/null as input, until a signal. A semaphore that nobody
has open is gone, so without --permanent it ends with this command.`,
		Example:           "  ipc semaphore create slots --max 4 --permanent",
		Args:              arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().IntVar(&o.Max, "max", 0, "the largest number of permits, `N`")
	c.Flags().IntVar(&o.Initial, "initial", 0, "start with `K` permits (default: all N)")
	c.Flags().BoolVar(&o.ReclaimOnExit, "reclaim", false, "give permits back when who took them has ended")
	c.Flags().BoolVar(&o.Permanent, "permanent", false, "stay when nobody has it open, until ipc rm")
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		if !c.Flags().Changed("initial") {
			o.Initial = o.Max
		}
		if err := checkCounts(o.Max, o.Initial); err != nil {
			return err
		}
		return a.create(ctx, "semaphore", args[0], o.Permanent, func(n *ipc.Namespace, name string) (object, error) {
			return n.CreateSemaphore(name, &o)
		})
	})
}

func (a *app) semaphoreAcquire() *cobra.Command {
	c := &cobra.Command{
		Use:   "acquire NAME [--timeout DURATION]",
		Short: "Take a permit and leave it taken",
		Long: `Wait for a permit of a semaphore and take it. It stays taken when this command
ends, until somebody releases one. A semaphore that takes permits back from
processes that have ended, as "run" creates it, is refused: use "run" there.`,
		Example: `  ipc semaphore acquire slots && ./job; ipc semaphore release slots
  ipc semaphore acquire slots --timeout 0    fails with 124 if there is none`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("semaphore"),
	}
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		s, err := a.openSemaphore(args[0])
		if err != nil {
			return err
		}
		defer s.Close()
		info, err := s.Info()
		if err != nil {
			return err
		}
		if info.ReclaimOnExit {
			return fmt.Errorf("semaphore %q takes permits back when a process ends, so this one would come back at once: use %s",
				args[0], a.advice("semaphore", "run", args[0], "--", "CMD"))
		}
		if err := a.acquire(ctx, s, args[0]); err != nil {
			return err
		}
		return a.say(did("acquired", "semaphore", args[0]), "")
	})
}

func (a *app) semaphoreRelease() *cobra.Command {
	c := &cobra.Command{
		Use:               "release NAME [N]",
		Short:             "Add N permits (default 1)",
		Long:              "Add permits to a semaphore. More than its maximum is an error, and changes nothing.",
		Example:           "  ipc semaphore release slots 2",
		Args:              arguments("NAME", "[N]"),
		ValidArgsFunction: a.completeName("semaphore"),
	}
	a.jsonFlag(c)
	return a.leaf(c, func(_ context.Context, args []string) error {
		permits, err := permitsArgument(args[1:])
		if err != nil {
			return err
		}
		s, err := a.openSemaphore(args[0])
		if err != nil {
			return err
		}
		defer s.Close()
		previous, err := s.Release(permits)
		if err != nil {
			return err
		}
		done := did("released", "semaphore", args[0])
		done.Released, done.Previous = permits, &previous
		return a.say(done, fmt.Sprintf("released %s, %d before", count(permits, "permit"), previous))
	})
}

func permitsArgument(args []string) (int, error) {
	if len(args) == 0 {
		return 1, nil
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 {
		return 0, usage("%q is not a number of permits, from 1 up", args[0])
	}
	return n, nil
}

// checkCounts tells wrong flags from what fails.
func checkCounts(max, initial int) error {
	const most = ipc.MaxSemaphoreCount
	switch {
	case max < 1 || max > most:
		return usage("--max must be between 1 and %d", most)
	case initial < 0 || initial > max:
		return usage("--initial must be between 0 and --max (%d)", max)
	}
	return nil
}

// limiter creates or opens the semaphore of a run. One with another maximum is
// an error: not as many as the user says would run.
func (a *app) limiter(name string, o ipc.SemaphoreOptions) (*ipc.Semaphore, error) {
	s, err := a.semaphoreOfRun(name, o)
	if err != nil {
		return nil, err
	}
	info, err := s.Info()
	if err == nil && o.Max != 0 && info.Max != o.Max {
		err = fmt.Errorf("semaphore %q exists with a maximum of %d, not %d: use that, leave --max out, or choose another name",
			name, info.Max, o.Max)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	if !info.ReclaimOnExit {
		a.complain("semaphore %q %s: a holder that is killed takes its permit along", name, whyNoReclaim)
	}
	return s, nil
}

func (a *app) semaphoreOfRun(name string, o ipc.SemaphoreOptions) (*ipc.Semaphore, error) {
	if o.Max == 0 {
		return a.openSemaphore(name)
	}
	o.Initial = o.Max
	return ensure(a, "semaphore", name, func(n *ipc.Namespace, name string) (*ipc.Semaphore, error) {
		s, err := n.CreateSemaphore(name, &o)
		if errors.Is(err, ipc.ErrUnsupported) && o.ReclaimOnExit { // Windows: limiter warns
			o.ReclaimOnExit = false
			s, err = n.CreateSemaphore(name, &o)
		}
		return s, err
	})
}

func (a *app) openSemaphore(name string) (*ipc.Semaphore, error) {
	return open(a, "semaphore", name, (*ipc.Namespace).OpenSemaphore)
}

func (a *app) acquire(ctx context.Context, s *ipc.Semaphore, name string) error {
	ctx, cancel := a.limited(ctx)
	defer cancel()
	if err := s.Acquire(ctx); err != nil {
		return a.ended(err, "semaphore %q had no permit", name)
	}
	return nil
}
