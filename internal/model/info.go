package model

import (
	"slices"
	"strings"

	"github.com/winsys-go/ipc/internal/backend"
)

// Info describes the object behind a handle, as the engines do. A process's
// number stands in the place of its id.
func (w *World) Info(h HandleID) (backend.Info, error) {
	r, err := w.handle(h)
	if err != nil {
		return backend.Info{}, err
	}
	return w.info(w.object(r.Object)), nil
}

// List describes all objects, ordered by name.
func (w *World) List() []backend.Info {
	var list []backend.Info
	for _, o := range w.Objects {
		list = append(list, w.info(o))
	}
	slices.SortStableFunc(list, func(a, b backend.Info) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func (w *World) info(o *Object) backend.Info {
	i := backend.Info{
		Kind: o.Kind, Name: o.Name, Permanent: o.Permanent,
		Signaled: o.available(Party{}), ManualReset: o.ManualReset,
		Abandoned: o.Abandoned, Count: o.Count, Max: o.Max, Reclaim: o.Reclaim,
		Armed: o.Armed, DueAt: o.DueAt, Period: o.Period,
		Handles: len(w.handlesTo(o)),
	}
	if o.Owner != (Party{}) {
		i.Owner = client(o.Owner.Process)
	}
	if o.Armed {
		i.Due = w.remaining(o)
	}
	for _, x := range w.Waiters {
		if slices.Contains(x.Objects, o.ID) {
			i.Waiting = append(i.Waiting, backend.Waiter{Client: *client(x.Process), All: x.All, Count: len(x.Objects)})
		}
	}
	i.Waiters = len(i.Waiting)
	i.HeldOpen = w.holders(o)
	return i
}

// holders lists the processes that have the object open, in the order of
// their numbers.
func (w *World) holders(o *Object) (list []backend.Holder) {
	handles := w.handlesTo(o)
	for _, p := range w.Processes {
		own := those(handles, func(h *Handle) bool { return h.Process == p.ID })
		if len(own) == 0 {
			continue
		}
		x := backend.Holder{Client: *client(p.ID), Handles: len(own)}
		if i := o.holder(p.ID); i >= 0 {
			x.Permits = o.Held[i].N
		}
		list = append(list, x)
	}
	return list
}

func client(p ProcessID) *backend.Client { return &backend.Client{PID: int(p)} }
