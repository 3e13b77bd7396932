package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) setupCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "setup COMMAND",
		Short:   "Prepare the machine, as its administrator",
		Example: "  sudo ipc setup global --group ipc",
	}
	c.AddCommand(a.setupGlobal())
	return a.parent(c)
}

func (a *app) setupGlobal() *cobra.Command {
	var group string
	c := &cobra.Command{
		Use:   "global --group NAME",
		Short: `Make the machine's namespace, for names that start with Global\`,
		Long: `Make the namespace of the machine and open it to the members of a group, who can
then use names that start with Global\. Whoever is in the group may use, block and
damage every object in it. It is gone when the machine restarts: run this at boot.`,
		Example: `  sudo groupadd ipc
  sudo usermod -aG ipc alice
  sudo ipc setup global --group ipc`,
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	// It takes the place of the --group that goes with --namespace.
	c.Flags().StringVar(&group, "group", "", "open it to the members of `NAME`")
	a.jsonFlag(c)
	return a.leaf(c, func(context.Context, []string) error {
		if group == "" {
			return usage("say who may use it: --group NAME")
		}
		if a.dir != "" {
			return usage("--namespace makes no sense here: the machine has one global namespace")
		}
		if err := ipc.SetupGlobal(group); err != nil {
			return err
		}
		done := struct {
			Action string `json:"action"` // set up
			Group  string `json:"group"`
		}{"set up", group}
		return a.say(done, fmt.Sprintf(`names that start with Global\ are open to the members of group %s`, printable(group)))
	})
}
