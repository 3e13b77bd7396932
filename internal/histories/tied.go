package histories

import (
	"slices"

	"github.com/winsys-go/ipc/internal/model"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// Two differences of Windows are kept out of the histories there
// (docs/windows.md, "What differs"). Both come of its owners being threads.

// tie notes that a wait for all has locked the mutexes of handles, for the
// handles: on Windows they are on one thread. What an earlier wait tied is
// forgotten when a later one ties it otherwise, which is soon enough.
func (d *driver) tie(p *player, op *actor.Op) {
	if op.Verb != actor.All || op.Owner != 0 {
		return
	}
	d.ties++
	for _, h := range p.handles {
		if slices.Contains(op.Handles, h.number) {
			h.tie = d.ties
		}
	}
}

// untie unlocks a mutex that would stay locked when the handle that owns it is
// closed, since another on its thread is still owned.
func (d *driver) untie(p *player, h *handle) {
	if tellsAll || !d.owns(p, h) {
		return
	}
	tied := func(x *handle) bool { return x != h && x.tie == h.tie && h.tie != 0 && d.owns(p, x) }
	if slices.ContainsFunc(p.handles, tied) {
		d.do(p, actor.Op{Verb: actor.Unlock, Handle: h.number})
	}
}

// owns tells whether a handle owns its mutex.
func (d *driver) owns(p *player, h *handle) bool {
	o := d.object(p, h.number)
	return o != nil && o.Owner.Process == p.double.ID && o.Owner.Handle == p.double.Handle(h.number)
}

// inherits tells whether a wait for all of a player wants what he owns. When his
// process is killed on Windows, its threads end one after the other: that wait
// may get what another thread has abandoned, and consume the rest.
func (d *driver) inherits(p *player) bool {
	return !tellsAll && slices.ContainsFunc(d.world.Waiters, func(x *model.Waiter) bool {
		return x.Process == p.double.ID && x.All && slices.ContainsFunc(d.world.Objects, func(o *model.Object) bool {
			return o.Owner.Process == x.Process && slices.Contains(x.Objects, o.ID)
		})
	})
}
