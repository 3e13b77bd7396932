package oracle

import (
	"slices"
	"strings"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/model"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

func (p *Process) objects() actor.Result {
	var r actor.Result
	w := p.World
	objects := slices.Clone(w.Objects)
	slices.SortStableFunc(objects, func(a, b *model.Object) int { return strings.Compare(a.Name, b.Name) })
	for k, b := range w.List() {
		i := info(&b)
		countOnce(w, objects[k].ID, i.Waiting)
		r.Objects = append(r.Objects, *i)
	}
	return r
}

// countOnce makes the waits for an object count what they name twice once, as
// the package does.
func countOnce(w *model.World, id model.ObjectID, waiting []ipc.Waiter) {
	k := 0
	for _, x := range w.Waiters {
		if !slices.Contains(x.Objects, id) {
			continue
		}
		different := slices.Compact(slices.Sorted(slices.Values(x.Objects)))
		waiting[k].Objects = len(different)
		k++
	}
}

// info puts what the model says into the package's words.
func info(b *backend.Info) *ipc.Info {
	i := &ipc.Info{
		Type: b.Kind.String(), Name: b.Name, Permanent: b.Permanent,
		Signaled: b.Signaled, ManualReset: b.ManualReset, Abandoned: b.Abandoned,
		Count: b.Count, Max: b.Max, ReclaimOnExit: b.Reclaim,
		Period: b.Period, Handles: b.Handles, Waiters: b.Waiters,
	}
	if b.Owner != nil {
		i.Owner = &ipc.ProcessInfo{PID: b.Owner.PID}
	}
	switch {
	case !b.DueAt.IsZero():
		i.Due = b.DueAt
	case b.Armed:
		i.Due = time.Now().Add(b.Due)
	}
	for _, h := range b.HeldOpen {
		i.Holders = append(i.Holders, ipc.Holder{
			ProcessInfo: ipc.ProcessInfo{PID: h.PID}, Handles: h.Handles, Permits: h.Permits,
		})
	}
	for _, w := range b.Waiting {
		i.Waiting = append(i.Waiting, ipc.Waiter{
			ProcessInfo: ipc.ProcessInfo{PID: w.PID}, All: w.All, Objects: w.Count,
		})
	}
	return i
}
