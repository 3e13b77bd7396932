package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) pipeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "pipe COMMAND",
		Short: "Connect to a server, or be one: bytes or messages, both ways",
		Long: `A named pipe connects a server with its clients, each by a connection of its own. It
lives as long as its server. Names are in upper or lower case: chat, build\chat or
\\.\pipe\build\chat.`,
		Example: `  ipc pipe listen chat                 in one terminal
  ipc pipe connect chat                in another
  ipc pipe listen greet --message --exec sed -- -u 's/^/hello, /'
  ipc pipe call greet world`,
	}
	c.AddCommand(a.pipeListen(), a.pipeConnect(), a.pipeCall())
	return a.parent(c)
}

// mostInstances is how many clients a pipe can be limited to.
const mostInstances = 254

func (a *app) pipeListen() *cobra.Command {
	var o listenOptions
	c := &cobra.Command{
		Use:   "listen NAME [--message] [--dotnet] [--count N | --keep] [--exec CMD [--max N] [-- ARG…]]",
		Short: "Serve a pipe, with the standard input and output or a command",
		Long: `Serve a pipe. Without --exec there is one client at a time, who gets the standard
input and whose data go to the standard output; the command ends with that
connection. A connection ends when the client has closed it and, if it is the
only one, all of the input was sent; at a terminal it does not wait for that.
With --count or --keep it ends as soon as the client's own input has ended; what
was not sent by then goes to the next client. Every connection counts, also one on
which nothing is said.

With --exec each client is served by a run of CMD, to which the pipe is the standard
input and output, several at once, until interrupted. That CMD fails is reported.
One that answers messages must not hold its output back. While there are no
descriptors or processes for it, clients wait.

With --message the pipe has messages: each line of the input, or of what CMD writes,
is one, and each message is a line. One with line feeds in it looks like several:
with --json each is printed, or given to CMD, as an object in one line, in which
"text" or "base64" is the message.`,
		Example: `  ipc pipe listen drop > received
  ipc pipe listen log --keep --message >> log
  ipc pipe listen status --exec git -- status --short`,
		Args:              o.arguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().BoolVar(&o.message, "message", false, "lines are messages")
	c.Flags().BoolVar(&o.dotnet, "dotnet", false, "let .NET programs find the pipe, on Unix, too")
	c.Flags().IntVar(&o.count, "count", 1, "end after `N` connections")
	c.Flags().BoolVar(&o.keep, "keep", false, "go on until interrupted; so it is with --exec, unless there is a --count")
	c.Flags().StringVar(&o.command, "exec", "", "run `CMD` for each client, with the arguments after --")
	c.Flags().IntVar(&o.most, "max", 64, "with --exec: serve `N` clients at once; others wait")
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		if err := o.check(a, c); err != nil {
			return err
		}
		if o.command != "" {
			return a.serve(ctx, args[0], &o, append([]string{o.command}, args[1:]...))
		}
		return a.converse(ctx, args[0], &o)
	})
}

// listenOptions say how a pipe is served.
type listenOptions struct {
	message, keep bool
	dotnet        bool
	count, most   int
	command       string
}

// arguments checks NAME and, after --, what is for the command.
func (o *listenOptions) arguments(c *cobra.Command, args []string) error {
	dash := c.ArgsLenAtDash()
	switch {
	case len(args) == 0 || dash == 0:
		return usage("NAME is missing")
	case dash < 0 && len(args) > 1, dash > 1:
		return usage("%q is one argument too many", args[1])
	case dash == 1 && o.command == "":
		return usage("the arguments after -- are for a command: name it with --exec")
	}
	return nil
}

func (o *listenOptions) check(a *app, c *cobra.Command) error {
	switch changed := c.Flags().Changed; {
	case o.keep && changed("count"):
		return usage("--count and --keep exclude each other")
	case o.count < 1:
		return usage("--count %d: at least 1", o.count)
	case o.most < 1 || o.most > mostInstances:
		return usage("--max %d: from 1 to %d", o.most, mostInstances)
	case changed("max") && o.command == "":
		return usage("--max needs --exec: without it there is one client at a time")
	case changed("exec") && o.command == "":
		return usage("--exec: the command is missing")
	case a.json && !o.message:
		return usage("--json shows messages: it needs --message")
	case o.command != "" && !changed("count"):
		o.keep = true
	}
	return nil
}

func (a *app) pipeConnect() *cobra.Command {
	var message bool
	c := &cobra.Command{
		Use:   "connect NAME [--message] [--timeout DURATION]",
		Short: "Connect the standard input and output to a pipe",
		Long: `Connect to a pipe: the standard input goes to its server, and what comes from
there to the standard output. If all instances are busy, wait for one, at most for
--timeout, which is for nothing else.

At the end of the input the server is told, and can still answer. The command ends
when the server has closed the connection and all of the input was sent; at a
terminal it does not wait for that.

With --message, which needs a pipe of messages, each line of the input is one, and
each message is a line. One with line feeds in it looks like several: with --json
each is an object in one line, in which "text" or "base64" is the message. To send
one, use "ipc pipe call".`,
		Example: `  ipc pipe connect chat
  ipc pipe connect drop < archive.tar
  printf 'one\ntwo\n' | ipc pipe connect greet --message`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("pipe"),
	}
	c.Flags().BoolVar(&message, "message", false, "lines are messages")
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		if a.json && !message {
			return usage("--json shows messages: it needs --message")
		}
		c, err := a.dialPipe(ctx, args[0], message)
		if err != nil {
			return err
		}
		r := relay{app: a, conn: c, name: args[0], message: message, feed: a.feed(ctx, message), only: true}
		return r.run(ctx)
	})
}

func (a *app) pipeCall() *cobra.Command {
	c := &cobra.Command{
		Use:   "call NAME REQUEST [--timeout DURATION]",
		Short: "Send a message to a server and print its answer",
		Long: `Connect to a pipe of messages, send one, wait for the answer and print it, with a
line feed behind it, or with --json as an object in one line. Both may have line
feeds in them. --timeout is for all of that; 0 does not wait for an instance that is
busy, but still for the answer.`,
		Example:           `  ipc pipe call greet world --timeout 5s`,
		Args:              arguments("NAME", "REQUEST"),
		ValidArgsFunction: a.completeName("pipe"),
	}
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		reply, err := a.callPipe(ctx, args[0], []byte(args[1]))
		if err != nil {
			return err
		}
		return a.printMessage(shownMessage{Pipe: args[0]}, reply, rawFormat)
	})
}

// callPipe is CallPipe within the user's limit. No answer comes at once, so that a
// limit of 0 is for an instance alone, as NMPWAIT_NOWAIT is.
func (a *app) callPipe(ctx context.Context, name string, request []byte) ([]byte, error) {
	limited, cancel := a.limited(ctx)
	defer cancel()
	if a.timeout.limit > 0 {
		ctx = limited
	}
	c, err := a.dialPipe(limited, name, true)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	reply, err := c.Transact(ctx, request)
	if err != nil {
		return nil, a.ended(a.noPipe(err, name, true), "no answer came from pipe %q", name)
	}
	return reply, nil
}

// listenPipe becomes the server of a pipe.
func (a *app) listenPipe(name string, o *ipc.PipeOptions) (*ipc.PipeListener, error) {
	if err := a.checkName("pipe", name); err != nil {
		return nil, err
	}
	if a.dir == "" {
		return ipc.ListenPipe(name, o)
	}
	n, err := a.namespace(toMake)
	if err != nil {
		return nil, err
	}
	return n.ListenPipe(name, o)
}

// dialPipe connects to a pipe, of messages if that is asked for, within the user's
// limit.
func (a *app) dialPipe(ctx context.Context, name string, message bool) (*ipc.PipeConn, error) {
	if err := a.checkName("pipe", name); err != nil {
		return nil, err
	}
	if message && a.isOfBytes(name) {
		return nil, a.hasBytes(name)
	}
	dial := ipc.DialPipe
	if a.dir != "" {
		n, err := a.namespace(toUse)
		if err != nil {
			return nil, a.noPipe(err, name, message)
		}
		dial = n.DialPipe
	}
	ctx, cancel := a.limited(ctx)
	defer cancel()
	c, err := dial(ctx, name)
	if err != nil {
		return nil, a.ended(a.noPipe(err, name, message), "no instance of pipe %q was free", name)
	}
	if message && !c.MessageMode() {
		c.Close()
		return nil, a.hasBytes(name)
	}
	return c, nil
}

// isOfBytes reports whether a pipe is known to have bytes. To find that out by a
// connection would take it from a server that counts them.
func (a *app) isOfBytes(name string) bool {
	p, _ := a.findPipe(name)
	return p != nil && !p.MessageMode
}

func (a *app) hasBytes(name string) error {
	return fmt.Errorf("pipe %q has bytes, not messages: use %s, without --message", name, a.advice("pipe", "connect", name))
}

// noPipe says how to come by a pipe that is missing, and of a server that has
// left what happened.
func (a *app) noPipe(err error, name string, message bool) error {
	switch {
	case errors.Is(err, ipc.ErrNotExist), errors.Is(err, errNoNamespace):
		return fmt.Errorf("pipe %q does not exist: nobody listens (%s)", name, a.howToListen(name, message))
	case errors.Is(err, ipc.ErrBrokenPipe):
		// Not the broken pipe of the standard output, which has a status of its own.
		return &statusError{exitFailed, err}
	}
	return err
}

// howToListen is the command that makes a pipe.
func (a *app) howToListen(name string, message bool) string {
	if message {
		return a.advice("pipe", "listen", name, "--message")
	}
	return a.advice("pipe", "listen", name)
}

// converse serves one client after the other with the standard input and output.
func (a *app) converse(ctx context.Context, name string, o *listenOptions) error {
	l, err := a.listenPipe(name, &ipc.PipeOptions{MessageMode: o.message, MaxInstances: 1, DotNet: o.dotnet})
	if err != nil {
		return err
	}
	defer l.Close()
	feed := a.feed(ctx, o.message)
	for n := 1; o.keep || n <= o.count; n++ {
		c, err := l.AcceptPipe(ctx)
		if err != nil {
			return a.ended(err, "")
		}
		r := relay{app: a, conn: c, name: name, message: o.message, feed: feed, only: !o.keep && o.count == 1}
		if err := r.run(ctx); err != nil && !(errors.Is(err, errCutShort) && !r.only) {
			return err
		}
	}
	return feed.leftOver(name)
}
