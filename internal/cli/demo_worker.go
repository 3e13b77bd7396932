package cli

import (
	"context"
	"encoding/json"
	"io"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

const demoWorkerName = "demo-worker"

// demoRoles are what the processes of the demonstration do. Each stands in the
// file of its step.
var demoRoles = map[string]func(*demoWorker) error{
	"ping":     pingRole,
	"pong":     pongRole,
	"count":    countRole,
	"job":      jobRole,
	"tick":     tickRole,
	"both":     bothRole,
	"owner":    ownerRole,
	"survivor": survivorRole,
}

// A demoWorker is a process of the demonstration, seen from inside.
type demoWorker struct {
	ctx  context.Context // done when the one who started it wants it to end
	ns   *ipc.Namespace
	args []string
	out  *json.Encoder
}

func (a *app) demoWorkerCommand() *cobra.Command {
	c := &cobra.Command{
		Use:    demoWorkerName + " ROLE -- ARGUMENTS…",
		Short:  "Be a process of the demonstration",
		Args:   arguments("ROLE", "[ARGUMENTS]…"),
		Hidden: true,
	}
	return a.leaf(c, func(ctx context.Context, args []string) error {
		role := demoRoles[args[0]]
		if role == nil || a.dir == "" {
			return usage("only ipc demo runs this")
		}
		n, err := a.namespace(toUse)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() { // the end of the input is the order to end, and the end of the starter
			io.Copy(io.Discard, a.in)
			cancel()
		}()
		return role(&demoWorker{ctx: ctx, ns: n, args: args[1:], out: json.NewEncoder(a.out)})
	})
}

func (w *demoWorker) ready() error { return w.say(demoReady{true}) }

func (w *demoWorker) say(v any) error { return w.out.Encode(v) }

// number is argument i as a number.
func (w *demoWorker) number(i int) (int, error) { return strconv.Atoi(w.args[i]) }

// toldToEnd reports whether a wait failed because the process was told to end.
func (w *demoWorker) toldToEnd() bool { return w.ctx.Err() != nil }

// waitForStart says that the process is ready and waits for the event that
// starts all of its kind at once.
func (w *demoWorker) waitForStart() error {
	start, err := w.ns.OpenEvent("start")
	if err != nil {
		return err
	}
	defer start.Close()
	if err := w.ready(); err != nil {
		return err
	}
	return start.Wait(w.ctx)
}
