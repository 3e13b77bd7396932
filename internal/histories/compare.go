package histories

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// compare waits until the objects are as the model has them. What the last
// operation did is there already; but a wait that has just begun may not be
// queued yet, and a death is noticed a moment later.
func (d *driver) compare() {
	d.t.Helper()
	model := actor.Result{}
	if len(d.players) > 0 {
		model, _ = d.players[0].double.Step(&actor.Op{Verb: actor.Objects})
	}
	want := d.lines(model.Objects, d.pid)
	var got []string
	for patience, i := testproc.NewPatience(d.stage.limit()), 0; ; i++ {
		r := d.stage.observe()
		if r.Code != actor.OK {
			d.t.Fatalf("list the objects: %s", r)
		}
		got = d.lines(r.Objects, func(pid int) int { return pid })
		if slices.Equal(got, want) {
			return
		}
		if patience.Out() {
			break
		}
		if i < 10 {
			runtime.Gosched()
		} else {
			time.Sleep(20 * time.Microsecond)
		}
	}
	d.t.Fatalf("the objects are\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
}

// awaitQueued waits until a wait is queued at the anonymous objects among its
// own, where the list does not have them: what comes next must find it there.
func (d *driver) awaitQueued(p *player, op *actor.Op) {
	d.t.Helper()
	if tellsAll {
		return
	}
	for _, number := range append(slices.Clone(op.Handles), op.Handle) {
		o := d.object(p, number)
		if o == nil || o.Name != "" {
			continue
		}
		want := 0
		for _, x := range d.world.Waiters {
			if slices.Contains(x.Objects, o.ID) {
				want++
			}
		}
		for patience := testproc.NewPatience(d.stage.limit()); ; time.Sleep(20 * time.Microsecond) {
			r := p.actor.Start(actor.Op{Verb: actor.Info, Handle: number}).Result()
			if r.Code == actor.OK && r.Info.Waiters == want {
				break
			}
			if patience.Out() {
				d.t.Fatalf("P%d: its %s is not queued: %s, want %d waiters", p.number, op.Verb, r, want)
			}
		}
	}
}

// pid translates the number of a process in the model.
func (d *driver) pid(number int) int {
	for _, p := range d.players {
		if int(p.double.ID) == number {
			return p.actor.PID()
		}
	}
	return -number
}

// lines writes objects so that they can be compared, in an order that does not
// depend on what has no name.
func (d *driver) lines(objects []ipc.Info, pid func(int) int) []string {
	var list []string
	for i := range objects {
		switch {
		case tellsAll:
			list = append(list, line(&objects[i], pid))
		case objects[i].Name != "":
			list = append(list, shortLine(&objects[i]))
		}
	}
	slices.Sort(list)
	return list
}

// shortLine has what every system tells.
func shortLine(i *ipc.Info) string {
	return fmt.Sprintf("%s %q: signaled %v, handles %d, abandoned %v, owned %v, count %d/%d, manual %v, %d waiters",
		i.Type, i.Name, i.Signaled, i.Handles, i.Abandoned, i.Owner != nil, i.Count, i.Max, i.ManualReset, i.Waiters)
}

// line has everything about an object but its due time.
func line(i *ipc.Info, pid func(int) int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q: signaled %v, handles %d", i.Type, i.Name, i.Signaled, i.Handles)
	if i.Permanent {
		b.WriteString(", permanent")
	}
	switch i.Type {
	case actor.Mutex:
		fmt.Fprintf(&b, ", abandoned %v", i.Abandoned)
		if i.Owner != nil {
			fmt.Fprintf(&b, ", owner %d", pid(i.Owner.PID))
		}
	case actor.Semaphore:
		fmt.Fprintf(&b, ", count %d/%d, reclaim %v", i.Count, i.Max, i.ReclaimOnExit)
	case actor.Timer:
		fmt.Fprintf(&b, ", manual %v, due %v, period %v", i.ManualReset, !i.Due.IsZero(), i.Period)
	default:
		fmt.Fprintf(&b, ", manual %v", i.ManualReset)
	}
	holders := make([]string, len(i.Holders))
	for k, h := range i.Holders {
		holders[k] = fmt.Sprintf("%d: %d handles, %d permits", pid(h.PID), h.Handles, h.Permits)
	}
	slices.Sort(holders)
	fmt.Fprintf(&b, ", held open by %q, %d waiters", holders, i.Waiters)
	for _, w := range i.Waiting { // in the order of the queue
		fmt.Fprintf(&b, ", %d waits (all %v) for %d", pid(w.PID), w.All, w.Objects)
	}
	return b.String()
}
