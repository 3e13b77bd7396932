package model

import (
	"slices"

	"github.com/winsys-go/ipc/internal/backend"
)

// Permits is what a process has taken from a semaphore with Reclaim and not
// given back.
type Permits struct {
	Process ProcessID
	N       int
}

func validCounts(initial, limit int) bool {
	return 1 <= limit && limit <= backend.MaxCount && 0 <= initial && initial <= limit
}

// Release adds n permits and gives the count before. Anybody may release. All
// or nothing: if the count would exceed the maximum, nothing is added. Those
// who wait play no part in that test, although they would take permits at
// once.
func (w *World) Release(h HandleID, n int) (previous int, err error) {
	r, o, err := w.as(backend.Semaphore, h)
	if err != nil {
		return 0, err
	}
	previous = o.Count
	if err := o.release(r.Process, n); err != nil {
		return 0, err
	}
	w.settle()
	return previous, nil
}

func (o *Object) release(by ProcessID, n int) error {
	switch {
	case n < 1:
		return backend.ErrInvalid
	case n > o.Max-o.Count:
		return backend.ErrTooManyPosts
	}
	o.Count += n
	if i := o.holder(by); i >= 0 {
		// The process gives back its own permits before it adds new ones.
		o.Held[i].N -= min(n, o.Held[i].N)
	}
	o.Held = slices.DeleteFunc(o.Held, func(p Permits) bool { return p.N == 0 })
	return nil
}

// holdOne notes that a process has taken a permit.
func (o *Object) holdOne(p ProcessID) {
	if !o.Reclaim {
		return
	}
	i := o.holder(p)
	if i < 0 {
		i = len(o.Held)
		o.Held = append(o.Held, Permits{Process: p})
	}
	o.Held[i].N++
}

// reclaim gives back what a process holds; never beyond the maximum, which
// others may have used up by releasing more than they took.
func (o *Object) reclaim(p ProcessID) {
	i := o.holder(p)
	if i < 0 {
		return
	}
	o.Count += min(o.Held[i].N, o.Max-o.Count)
	o.Held = slices.Delete(o.Held, i, i+1)
}

func (o *Object) holder(p ProcessID) int {
	return slices.IndexFunc(o.Held, func(x Permits) bool { return x.Process == p })
}
