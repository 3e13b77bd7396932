package histories

import (
	"slices"

	"github.com/winsys-go/ipc/internal/model"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// The actions by which handles, owners and players come and go.

// spec makes attributes for an object of any kind.
func (d *driver) spec() actor.Spec {
	s := actor.Spec{
		Manual:  d.chance("manual", 2),
		Set:     d.chance("set", 3),
		Owned:   d.chance("owned", 3),
		Max:     1 + d.below(3, "max"),
		Reclaim: d.chance("reclaim", 2),
	}
	s.Initial = d.below(s.Max+1, "initial")
	s.Reclaim = s.Reclaim && tellsAll
	return s
}

func (d *driver) create() {
	p := d.player()
	op := actor.Op{
		Verb: actor.Create, Kind: pick(d, "kind", actor.Kinds),
		Name: pick(d, "name", append([]string{""}, names...)), Spec: d.spec(), Owner: d.ownerOf(p),
	}
	op.Spec.Permanent = d.chance("permanent", 8) && tellsAll
	d.obtain(p, op)
}

// open opens an object, now and then one that is not there or is another.
func (d *driver) open() {
	p := d.player()
	op := actor.Op{Verb: actor.Open, Kind: pick(d, "kind", actor.Kinds), Name: pick(d, "name", names)}
	for _, o := range d.world.Objects {
		if o.Name == op.Name && !d.chance("other kind", 10) {
			op.Kind = o.Kind.String()
		}
	}
	d.obtain(p, op)
}

// obtain creates or opens an object.
func (d *driver) obtain(p *player, op actor.Op) {
	op.Handle = d.number()
	if d.do(p, op).Code == actor.OK {
		p.handles = append(p.handles, &handle{number: op.Handle, kind: op.Kind})
	}
}

func (d *driver) close() {
	p := d.player()
	h := d.handle(p, "")
	d.untie(p, h)
	d.do(p, actor.Op{Verb: actor.Close, Handle: h.number})
	h.closed = true
}

// owner makes an owner, or closes one.
func (d *driver) owner() {
	p := d.player()
	if len(p.owners) < 2 || d.chance("new", 3) {
		d.newOwner(p)
		return
	}
	owner := pick(d, "owner", p.owners)
	if d.freed(func(o *model.Object) bool { return o.Owner.Owner == p.double.Owner(owner) }) <= 1 {
		d.do(p, actor.Op{Verb: actor.CloseOwner, Owner: owner})
	}
}

func (d *driver) newOwner(p *player) {
	owner := d.number()
	p.owners = append(p.owners, owner)
	d.do(p, actor.Op{Verb: actor.NewOwner, Owner: owner})
}

// freed counts the objects with waiters that an end would set free. Where it
// is more than one, the engine may serve them in another order than the
// model.
func (d *driver) freed(frees func(*model.Object) bool) int {
	n := 0
	for _, o := range d.world.Objects {
		if d.waitedFor(o) && frees(o) {
			n++
		}
	}
	return n
}

// die kills a player. Where nobody gains from his death, the next operation
// comes at once: what is signalled after a death never goes to the dead.
func (d *driver) die() {
	p := d.player()
	if len(d.players) == 1 || d.inherits(p) {
		return
	}
	id := p.double.ID
	permits := func(o *model.Object) bool {
		return slices.ContainsFunc(o.Held, func(h model.Permits) bool { return h.Process == id })
	}
	freed := d.freed(func(o *model.Object) bool { return o.Owner.Process == id || permits(o) })
	gains := freed > 0 || slices.ContainsFunc(d.world.Objects, permits)
	if freed <= 1 {
		d.kill(p, gains || d.chance("noticed", 2))
	}
}

// enterAnother brings on a player, who opens what is there.
func (d *driver) enterAnother() {
	if len(d.players) >= mostPlayers {
		return
	}
	p := d.enter()
	d.newOwner(p)
	for _, o := range slices.Clone(d.world.Objects) {
		if o.Name != "" && !d.chance("without", 5) {
			d.obtain(p, actor.Op{Verb: actor.Open, Kind: o.Kind.String(), Name: o.Name})
		}
	}
}

func (d *driver) remove() {
	p := d.player()
	d.do(p, actor.Op{Verb: actor.Remove, Name: pick(d, "name", names)})
}
