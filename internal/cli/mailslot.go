package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

func (a *app) mailslotCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "mailslot COMMAND",
		Short: "Send messages from many writers to one reader",
		Long: `A mailslot is a queue of messages with one reader and any number of writers. It
lives as long as its reader. Names are paths, in upper or lower case: jobs,
build\jobs or \\.\mailslot\build\jobs.`,
		Example: `  ipc mailslot read jobs --follow      in one terminal
  ipc mailslot write jobs hello        in another
  make 2>&1 | ipc mailslot write jobs  each line a message`,
	}
	c.AddCommand(a.mailslotRead(), a.mailslotWrite(), a.mailslotInfo())
	return a.parent(c)
}

func (a *app) mailslotRead() *cobra.Command {
	var o ipc.MailslotOptions
	var follow bool
	count := 1
	format := rawFormat
	c := &cobra.Command{
		Use:   "read NAME [--count N | --follow] [--codec CODEC] [--timeout DURATION]",
		Short: "Create a mailslot and print the messages that come",
		Long: `Create a mailslot, wait for a message and print it, with a line feed behind it. The
mailslot is gone when the command ends, with the messages that were not read.

A message with line feeds in it looks like several. With --json each is an object
in one line, in which "text" or "base64" is the message.

With --codec messages are decoded and printed as JSON, a line each; one that cannot
be decoded is reported and skipped.`,
		Example: `  ipc mailslot read jobs --count 10 --timeout 1m
  ipc mailslot read log --follow | tee build.log
  ipc mailslot read events --follow --codec marshal | jq .name`,
		Args:              arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().IntVar(&count, "count", 1, "end after `N` messages")
	c.Flags().BoolVar(&follow, "follow", false, "go on until interrupted, or until --timeout")
	c.Flags().Int64Var(&o.QueueBytes, "queue", 0, "room for messages, in `BYTES` (16 MiB)")
	c.Flags().IntVar(&o.MaxMessageSize, "max-message", 0, "refuse messages of more than `BYTES`")
	format.flag(c)
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		switch {
		case follow && c.Flags().Changed("count"):
			return usage("--count and --follow exclude each other")
		case count < 1:
			return usage("--count %d: at least 1", count)
		}
		m, err := a.createMailslot(args[0], &o)
		if err != nil {
			return err
		}
		defer m.Close()
		ctx, cancel := a.limited(ctx)
		defer cancel()
		for n := 0; follow || n < count; n++ {
			message, err := m.Get(ctx)
			if err != nil {
				return a.ended(err, "%s", missing(args[0], n, count, follow))
			}
			if err := a.printMessage(shownMessage{Mailslot: args[0]}, message, format); err != nil {
				return err
			}
		}
		return nil
	})
}

// missing says what did not come in time.
func missing(name string, got, want int, follow bool) string {
	switch {
	case follow:
		return fmt.Sprintf("the end: %s came to mailslot %q", count(got, "message"), name)
	case want == 1:
		return fmt.Sprintf("no message came to mailslot %q", name)
	default:
		return fmt.Sprintf("%d of %d messages came to mailslot %q", got, want, name)
	}
}

func (a *app) createMailslot(name string, o *ipc.MailslotOptions) (*ipc.Mailslot, error) {
	n, base, err := a.place("mailslot", name, toMake)
	if err != nil {
		return nil, err
	}
	m, err := n.CreateMailslot(base, o)
	if errors.Is(err, ipc.ErrExist) {
		return nil, fmt.Errorf("mailslot %q has a reader already%s: there can be only one", name, a.readerOf(name))
	}
	return m, err
}

// readerOf tells who reads a mailslot, if that can be found out.
func (a *app) readerOf(name string) string {
	o, ok, err := a.findMailslot(name)
	if err != nil || !ok || o.Mailslot.Reader == nil {
		return ""
	}
	return " (process " + processName(*o.Mailslot.Reader) + ")"
}

func (a *app) mailslotWrite() *cobra.Command {
	format := rawFormat
	c := &cobra.Command{
		Use:   "write NAME [MESSAGE]… [--codec CODEC] [--timeout DURATION]",
		Short: "Send messages: the arguments, or each line of the standard input",
		Long: `Send each argument as a message or, without any, each line of the standard input,
without its line feed; only an argument can be a message with line feeds in it. If
the mailslot is full, wait until its reader has made room.

With --codec the messages are read as JSON, and sent as the codec writes them.`,
		Example: `  ipc mailslot write jobs "build 17"
  journalctl -f | ipc mailslot write log
  ipc mailslot write events '{"name": "ready"}' --codec marshal`,
		Args:              arguments("NAME", "[MESSAGE]…"),
		ValidArgsFunction: a.completeName("mailslot"),
	}
	format.flag(c)
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		name := args[0]
		w, err := open(a, "mailslot", name, (*ipc.Namespace).OpenMailslot)
		if err != nil {
			return err
		}
		defer w.Close()
		ctx, cancel := a.limited(ctx)
		defer cancel()
		sent, err := a.send(ctx, w, args[1:], format)
		if err != nil {
			if sent > 0 {
				a.complain("%s sent before", areCount(sent, "message"))
			}
			return a.ended(err, "there was no room in mailslot %q", name)
		}
		done := did("sent", "mailslot", name)
		done.Messages = &sent
		return a.say(done, "")
	})
}

func areCount(n int, thing string) string {
	if n == 1 {
		return count(n, thing) + " was"
	}
	return count(n, thing) + " were"
}

// send sends the messages, or the lines of the input, and counts them.
func (a *app) send(ctx context.Context, w *ipc.MailslotWriter, messages []string, format messageFormat) (sent int, err error) {
	put := func(text []byte) error {
		message, err := format.encode(text)
		if err == nil {
			err = w.Put(ctx, message)
		}
		if err == nil {
			sent++
		}
		return err
	}
	for _, m := range messages {
		if err := put([]byte(m)); err != nil {
			return sent, err
		}
	}
	if len(messages) > 0 {
		return sent, nil
	}
	return sent, a.feed(ctx, true).each(ctx, put)
}

func (a *app) mailslotInfo() *cobra.Command {
	c := &cobra.Command{
		Use:               "info NAME",
		Short:             "Show a mailslot: its messages, its reader, its writers",
		Example:           "  ipc mailslot info jobs",
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeName("mailslot"),
	}
	a.jsonFlag(c)
	return a.leaf(c, func(_ context.Context, args []string) error {
		if err := a.checkName("mailslot", args[0]); err != nil {
			return err
		}
		return a.show(objectName{"mailslot", args[0]})
	})
}
