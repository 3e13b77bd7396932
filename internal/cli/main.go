// Package cli is the command ipc. One file holds one verb or one noun with its
// verbs; main.go puts them together, exit.go says how a command ends,
// signals.go what interrupts it, namespace.go where it looks for names. What
// differs from system to system is in the files clock, signals, tie, untold (by
// the kernel) and words.
//
// It uses nothing but the public package, the operating system's processes and
// cobra, so it is also an example of a program that uses the package. "ipc bench"
// is internal/bench, which has its own processes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/bench"
)

// An app is one run of the command.
type app struct {
	in       io.Reader
	out, err io.Writer
	signals  *signals

	dir, group string         // --namespace and --group
	opened     *ipc.Namespace // what dir led to
	json       bool           // --json, for the commands that have it
	timeout    timeout        // --timeout, for the commands that wait
	args       []string       // as they were given

	// running is the command whose arguments and flags were in order: what fails
	// now is no usage error.
	running *cobra.Command
}

// Main runs the command with args, which do not include its name, and returns
// the exit status.
func Main(args []string, in io.Reader, out, err io.Writer) int {
	if len(args) > 0 && args[0] == bench.ChildCommand {
		return bench.Child(args[1:])
	}
	a := &app{in: in, out: out, err: err, signals: catchSignals(), args: args}
	defer a.signals.stop()
	root := a.rootCommand()
	// Never nil, for which cobra would take the process's own arguments.
	root.SetArgs(append([]string{}, args...))
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(err)
	cmd, failure := root.ExecuteContextC(a.signals.ctx)
	if closed := a.closeNamespace(); failure == nil {
		failure = closed
	}
	return a.report(cmd, failure)
}

// parserTalk is what package strconv says of itself and repeats.
var parserTalk = regexp.MustCompile(`strconv\.\w+: parsing ".*": `)

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "ipc COMMAND",
		Short: "Events, mutexes, semaphores, timers, mailslots and pipes between processes",
		Long: `ipc sets, locks and waits for the Windows interprocess communication objects,
and shows who holds them. An object lives as long as some process has it open.

Exit status: 0 done, 1 failed, 2 wrong usage, 124 timed out, 130 interrupted;
"run" gives that of its command.`,
		Example: `  ipc demo                             see everything at work
  ipc mutex run deploy -- make deploy  one at a time
  ipc ls                               who holds what`,
		Version:       version().Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().StringVar(&a.dir, "namespace", "", "use the objects in `DIR` instead of the user's own")
	root.PersistentFlags().StringVar(&a.group, "group", "", "with --namespace: share DIR with the members of `GROUP`")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return errors.New(parserTalk.ReplaceAllString(err.Error(), ""))
	})
	root.SetVersionTemplate("ipc {{.Version}}\n")
	// A parent runs only to say that a command is missing.
	root.SetUsageTemplate(strings.Replace(root.UsageTemplate(),
		"{{if .Runnable}}", "{{if and .Runnable (not .HasAvailableSubCommands)}}", 1))
	root.AddCommand(
		a.demoCommand(), a.demoWorkerCommand(),
		a.eventCommand(), a.mutexCommand(), a.semaphoreCommand(), a.timerCommand(),
		a.mailslotCommand(), a.pipeCommand(),
		a.waitCommand(),
		a.lsCommand(), a.showCommand(), a.rmCommand(),
		a.benchCommand(), a.setupCommand(), a.versionCommand(),
	)
	a.parent(root)
	root.SetHelpCommand(a.helpCommand(root))
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			a.parent(c)
		}
	}
	return root
}

// helpCommand is cobra's own, but that it minds what there is no help about.
func (a *app) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND]…",
		Short:                 "Help about any command",
		DisableFlagsInUseLine: true,
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usage("there is no command %q: %s", "ipc "+strings.Join(args, " "), suggestion(c, rest[0]))
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// parent makes c a command that only leads to others.
func (a *app) parent(c *cobra.Command) *cobra.Command {
	c.DisableFlagsInUseLine = true
	c.Args = cobra.ArbitraryArgs
	// What is wrong is the command, not the flags that would follow it.
	c.FParseErrWhitelist.UnknownFlags = true
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case len(args) > 0:
			return usage("there is no command %q: %s", c.CommandPath()+" "+args[0], suggestion(c, args[0]))
		case c.HasParent():
			return usage("a command is missing: %s", commandNames(c))
		case len(a.args) > 0:
			return usage("a command is missing, which comes before its flags: %s", commandNames(c))
		default:
			return c.Help()
		}
	}
	return c
}

// leaf makes c a command that does something.
func (a *app) leaf(c *cobra.Command, do func(ctx context.Context, args []string) error) *cobra.Command {
	c.DisableFlagsInUseLine = true
	c.RunE = func(c *cobra.Command, args []string) error {
		a.running = c
		if a.dir == "" && c.Flags().Changed("namespace") {
			return usage("--namespace is empty: name a directory, or leave it out for the user's own objects")
		}
		if a.group != "" && a.dir == "" {
			return usage("--group needs --namespace: only that can be shared with a group")
		}
		return do(c.Context(), args)
	}
	return c
}

// suggestion says which command may have been meant.
func suggestion(c *cobra.Command, word string) string {
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(word); len(near) > 0 {
		return fmt.Sprintf("did you mean %s?", near[0])
	}
	return "there are " + commandNames(c)
}

func commandNames(c *cobra.Command) string {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return strings.Join(names, ", ")
}

// arguments checks that there is one argument for each name; a last name that
// ends in … takes the rest, one in brackets may be missing.
func arguments(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		for i, name := range names {
			if i >= len(args) && !strings.HasPrefix(name, "[") {
				return usage("%s is missing", strings.TrimSuffix(name, "…"))
			}
		}
		if len(args) > len(names) && (len(names) == 0 || !strings.HasSuffix(names[len(names)-1], "…")) {
			return usage("%q is one argument too many", args[len(names)])
		}
		return nil
	}
}
