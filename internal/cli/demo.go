package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

// stepLimit ends a step that hangs. A step that works takes about a second, and ten
// times that where it takes a second to start a process.
const stepLimit = 30 * time.Second

func (a *app) demoCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "demo",
		Short: "See it at work: processes started, coordinated, one killed, recovered",
		Long: `Start processes, let them work together through each kind of object, kill one that
holds a mutex and see the next one told. It takes a few seconds, uses a namespace
of its own and leaves nothing behind.`,
		Example:           "  ipc demo",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, _ []string) error {
		if a.dir != "" {
			return usage("demo makes a namespace of its own: leave --namespace out")
		}
		return a.demo(ctx)
	})
}

// demoSteps are the parts of the demonstration, in their order. Each is a
// promise that it checks; its function returns what it measured.
var demoSteps = []demoStep{
	{"event", "2 processes, to and fro", (*demo).eventStep},
	{"mutex", "4 processes count in one file", (*demo).mutexStep},
	{"semaphore", "6 processes, 2 permits", (*demo).semaphoreStep},
	{"timer", "every 100 ms, 2 processes", (*demo).timerStep},
	{"wait-all", "an event and a permit", (*demo).waitAllStep},
	{"kill -9", "while it owns a mutex", (*demo).killStep},
}

type demoStep struct {
	name, what string
	run        func(*demo, context.Context) (finding, error)
}

// A finding is what a step has to say: in words, and in figures.
type finding struct {
	words   func(s style) string
	figures any
}

// A demo is one run of the demonstration.
type demo struct {
	app     *app
	dir     string         // everything it makes is below
	ns      *ipc.Namespace // in dir
	started int            // processes, so far
}

func (a *app) demo(ctx context.Context) (err error) {
	begin := time.Now()
	d, err := a.newDemo()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.remove()) }()
	report := a.newDemoReport()
	report.begin(d)
	for _, s := range demoSteps {
		f, err := d.step(ctx, s)
		if ctx.Err() != nil {
			return a.interruption()
		}
		if err := report.step(s, f, err); err != nil {
			return err // nobody is looking any more
		}
	}
	return report.end(d, time.Since(begin))
}

// newDemo makes the namespace.
func (a *app) newDemo() (*demo, error) {
	dir, err := os.MkdirTemp(demoParent, "ipc-demo-*")
	if err != nil {
		return nil, fmt.Errorf("the demonstration needs a directory in shared memory: %w", err)
	}
	d := &demo{app: a, dir: dir}
	if d.ns, err = ipc.OpenNamespace(filepath.Join(dir, "ns"), nil); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return d, nil
}

func (d *demo) remove() error { return errors.Join(d.ns.Close(), os.RemoveAll(d.dir)) }

// step runs one step. No process that it started outlives it.
func (d *demo) step(ctx context.Context, s demoStep) (finding, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, stepLimit, fmt.Errorf("not done within %v", stepLimit))
	defer cancel()
	f, err := s.run(d, ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return f, err
}
