package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

// maxWait is the largest number of objects that one wait takes.
const maxWait = 64

func (a *app) waitCommand() *cobra.Command {
	var anyOf, allOf bool
	c := &cobra.Command{
		Use:   "wait --any|--all TYPE:NAME…",
		Short: "Wait for any or for all of several objects",
		Long: `Wait for one of several objects (--any, the default) and print which it was, or for
all of them at one instant (--all). TYPE is event, mutex, semaphore, timer or
process, whose name is its id. Only its reader can wait for a mailslot, by
"ipc mailslot read".

The wait consumes what it got: an event is unset, a permit taken, a timer's signal
gone. A mutex is unlocked again at once; to hold one, use "ipc mutex run". With
--all nothing is consumed before all are there.`,
		Example: `  ipc wait --any event:stop process:4711 timer:deadline
  ipc wait --all event:ready semaphore:slots --timeout 10s`,
		Args:              arguments("TYPE:NAME…"),
		ValidArgsFunction: a.completeObjects(maxWait),
	}
	c.Flags().BoolVar(&anyOf, "any", false, "wait for one of them (default)")
	c.Flags().BoolVar(&allOf, "all", false, "wait for all of them at one instant")
	a.timeoutFlag(c)
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, args []string) error {
		if anyOf && allOf {
			return usage("--any and --all exclude each other")
		}
		names, err := a.parseWait(args)
		if err != nil {
			return err
		}
		return a.waitFor(ctx, names, allOf)
	})
}

func (a *app) parseWait(args []string) ([]objectName, error) {
	if len(args) > maxWait {
		return nil, usage("%d objects are too many: one wait takes at most %d", len(args), maxWait)
	}
	kinds := append(slices.Clone(types), "process")
	names := make([]objectName, len(args))
	for i, arg := range args {
		var err error
		if names[i], err = a.parseObject(arg, kinds); err != nil {
			return nil, err
		}
	}
	return names, nil
}

func (a *app) waitFor(ctx context.Context, names []objectName, all bool) error {
	objs := make([]ipc.Waitable, len(names))
	for i, n := range names {
		o, err := a.openAny(n)
		if err != nil {
			return err
		}
		defer o.Close()
		objs[i] = o
	}
	ctx, cancel := a.limited(ctx)
	defer cancel()
	wait := ipc.WaitAny
	if all {
		wait = ipc.WaitAll
	}
	got, err := wait(ctx, objs...)
	if err != nil {
		return a.ended(err, "%s", missed(names, all))
	}
	for _, i := range got.Abandoned {
		a.complain("%s", abandonedNote(names[i].name))
	}
	return errors.Join(a.sayFired(names, all, got), unlock(objs, all, got))
}

// missed says what a wait that timed out did not see.
func missed(names []objectName, all bool) string {
	switch {
	case len(names) == 1:
		return missedOne(names[0])
	case all:
		return fmt.Sprintf("the %d objects were not all signalled", len(names))
	default:
		return fmt.Sprintf("none of the %d objects was signalled", len(names))
	}
}

// missedOne is missed for one object, in the words of its own wait command.
func missedOne(o objectName) string {
	switch o.kind {
	case "process":
		return "process " + o.name + " had not ended"
	case "event":
		return fmt.Sprintf("event %q was not set", o.name)
	case "mutex":
		return fmt.Sprintf("mutex %q was not free", o.name)
	case "semaphore":
		return fmt.Sprintf("semaphore %q had no permit", o.name)
	default:
		return fmt.Sprintf("timer %q did not fire", o.name)
	}
}

// unlock gives the mutexes back that a wait has locked: closing their handles
// would abandon them.
func unlock(objs []ipc.Waitable, all bool, got ipc.Result) error {
	if !all {
		objs = []ipc.Waitable{got.Object}
	}
	var failures []error
	for _, o := range objs {
		if m, ok := o.(*ipc.Mutex); ok {
			failures = append(failures, m.Unlock())
		}
	}
	return errors.Join(failures...)
}

// A firing is the outcome of a wait, as JSON.
type firing struct {
	Action    string   `json:"action"` // fired
	All       bool     `json:"all"`
	Object    string   `json:"object,omitempty"` // of a wait for any: what fired
	Type      string   `json:"type,omitempty"`
	Name      string   `json:"name,omitempty"`
	Index     int      `json:"index"`             // its place among the arguments, from 0
	Objects   []string `json:"objects,omitempty"` // of a wait for all
	Abandoned []string `json:"abandoned,omitempty"`
	// Code is what Win32 would have returned.
	Code ipc.WaitCode `json:"code"`
}

func (a *app) sayFired(names []objectName, all bool, got ipc.Result) error {
	f := firing{Action: "fired", All: all, Index: got.Index, Code: ipc.CodeOf(got, nil)}
	for _, i := range got.Abandoned {
		f.Abandoned = append(f.Abandoned, names[i].String())
	}
	if !all {
		n := names[got.Index]
		f.Object, f.Type, f.Name = n.String(), n.kind, n.name
		return a.say(f, n.kind+":"+printable(n.name))
	}
	var lines []string
	for _, n := range names {
		f.Objects = append(f.Objects, n.String())
		lines = append(lines, n.kind+":"+printable(n.name))
	}
	return a.say(f, strings.Join(lines, "\n"))
}

// openAny opens an existing object, or a process, to wait for it.
func (a *app) openAny(n objectName) (ipc.Waitable, error) {
	switch n.kind {
	case "event":
		return a.openEvent(n.name)
	case "mutex":
		return open(a, n.kind, n.name, (*ipc.Namespace).OpenMutex)
	case "semaphore":
		return a.openSemaphore(n.name)
	case "timer":
		return a.openTimer(n.name)
	}
	pid, err := strconv.Atoi(n.name)
	if err != nil {
		return nil, err
	}
	return ipc.OpenProcess(pid)
}
