package histories

import (
	"maps"
	"slices"
	"time"

	"github.com/winsys-go/ipc/internal/model"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// Bounds of a history.
const (
	mostPlayers = 4
	mostPending = 10
	long        = time.Hour // not over in this test
)

// names are those of all objects; anonymous ones are made too.
var names = []string{"a", "b", "c", "d", "e", "f"}

// actions are what may happen next.
func (d *driver) actions() []action {
	return []action{
		{16, d.wait},
		{20, d.waitMany},
		{6, d.signalWait},
		{2, d.waitBriefly},
		{14, d.event},
		{10, d.semaphore},
		{14, d.unlock},
		{8, d.timer},
		{4, d.create},
		{5, d.open},
		{3, d.close},
		{3, d.owner},
		{3, d.cancelOne},
		{2, d.die},
		{3, d.enterAnother},
		{1, d.remove},
	}
}

// prepare brings players on, with objects that most of them have open.
func (d *driver) prepare() {
	for range 2 + d.below(mostPlayers-1, "players") {
		p := d.enter()
		d.newOwner(p)
	}
	for range 1 + d.below(5, "objects") {
		kind, name := pick(d, "kind", actor.Kinds), pick(d, "name", names)
		for _, p := range d.players {
			if d.chance("without", 5) {
				continue
			}
			d.obtain(p, actor.Op{Verb: actor.Create, Kind: kind, Name: name, Spec: d.spec()})
		}
	}
}

func (d *driver) player() *player { return pick(d, "player", d.players) }

// handle chooses one of a player's handles, of a kind unless that is empty,
// now and then a closed one.
func (d *driver) handle(p *player, kind string) *handle {
	closed := d.chance("closed handle", 40)
	return pick(d, "handle", slices.DeleteFunc(slices.Clone(p.handles), func(h *handle) bool {
		return h.closed != closed || kind != "" && h.kind != kind
	}))
}

// owning chooses a player with an open handle of a kind, most often one to an
// object that somebody waits for.
func (d *driver) owning(kind string) (*player, *handle) {
	type choice struct {
		p *player
		h *handle
	}
	var all, wanted []choice
	for _, p := range d.players {
		for _, h := range p.handles {
			if h.closed || h.kind != kind {
				continue
			}
			all = append(all, choice{p, h})
			if d.waitedFor(d.object(p, h.number)) {
				wanted = append(wanted, choice{p, h})
			}
		}
	}
	if len(wanted) > 0 && !d.chance("any object", 3) {
		all = wanted
	}
	c := pick(d, "handle", all)
	return c.p, c.h
}

// waitedFor tells whether a wait for the object is blocked.
func (d *driver) waitedFor(o *model.Object) bool {
	return slices.ContainsFunc(d.world.Waiters, func(x *model.Waiter) bool { return slices.Contains(x.Objects, o.ID) })
}

// ownerOf chooses one of a player's owners or 0.
func (d *driver) ownerOf(p *player) int { return pick(d, "owner", append([]int{0}, p.owners...)) }

func (d *driver) event() {
	p, h := d.owning(actor.Event)
	if d.chance("closed handle", 40) {
		h = d.handle(p, actor.Event)
	}
	verb := pick(d, "verb", []actor.Verb{actor.Set, actor.Set, actor.Set, actor.Reset, actor.Pulse, actor.IsSet})
	d.do(p, actor.Op{Verb: verb, Handle: h.number})
}

func (d *driver) semaphore() {
	p, h := d.owning(actor.Semaphore)
	d.do(p, actor.Op{Verb: actor.Release, Handle: h.number, N: d.below(4, "permits")})
}

// unlock is most often that of somebody who owns a mutex.
func (d *driver) unlock() {
	var owned []actor.Op
	var by []*player
	for _, p := range d.players {
		for _, h := range p.handles {
			o := d.object(p, h.number)
			if o == nil || h.closed || o.Owner.Process != p.double.ID {
				continue
			}
			op := actor.Op{Verb: actor.Unlock, Handle: h.number}
			for _, owner := range p.owners {
				if p.double.Owner(owner) == o.Owner.Owner {
					op.Owner = owner
				}
			}
			if op.Owner != 0 || o.Owner.Handle == p.double.Handle(h.number) {
				owned, by = append(owned, op), append(by, p)
			}
		}
	}
	if len(owned) == 0 || d.chance("anybody", 6) {
		p := d.player()
		d.do(p, actor.Op{Verb: actor.Unlock, Handle: d.handle(p, actor.Mutex).number, Owner: d.ownerOf(p)})
		return
	}
	i := d.below(len(owned), "mutex")
	d.do(by[i], owned[i])
}

func (d *driver) timer() {
	p, h := d.owning(actor.Timer)
	op := actor.Op{Verb: actor.Arm, Handle: h.number}
	switch d.below(6, "what") {
	case 0:
		op.At = d.wall.Add(-24 * long)
	case 1:
		op.At = d.wall.Add(24 * long)
	case 2:
		op.After = long
	case 3:
		op.Verb = actor.Disarm
	}
	if d.chance("negative", 30) {
		op.After = -1
	}
	if op.Verb == actor.Arm {
		op.Period = pick(d, "period", []time.Duration{0, 0, 0, long})
	}
	if !tellsAll && !h.closed {
		// Under Wine a timer keeps its signal when it is set (TI-11).
		d.do(p, actor.Op{Verb: actor.Wait, Kind: actor.Timer, Handle: h.number})
	}
	d.do(p, op)
}

// timeout chooses whether a wait tries, blocks or would end some time.
func (d *driver) timeout() time.Duration {
	if len(d.pending) >= mostPending {
		return 0
	}
	return pick(d, "timeout", []time.Duration{actor.Forever, actor.Forever, long, 0})
}

func (d *driver) wait() {
	p := d.player()
	d.do(p, d.waitOne(p))
}

func (d *driver) waitOne(p *player) actor.Op {
	h, owner := d.handle(p, ""), d.ownerOf(p)
	via := pick(d, "via", []actor.Verb{"", "", actor.Any, actor.All})
	return actor.Op{Verb: actor.Wait, Handle: h.number, Owner: owner, Via: via, Timeout: d.timeout()}
}

func (d *driver) waitBriefly() {
	p := d.player()
	d.briefly(p, d.waitOne(p))
}

func (d *driver) waitMany() {
	p := d.player()
	op := actor.Op{Verb: pick(d, "verb", []actor.Verb{actor.Any, actor.All}), Owner: d.ownerOf(p)}
	for range 2 + d.below(3, "objects") {
		h := d.handle(p, "").number
		if !d.named(p, op.Handles, h) || d.chance("twice", 10) {
			op.Handles = append(op.Handles, h)
		}
	}
	op.Timeout = d.timeout()
	d.do(p, op)
}

// named tells whether a list of handles has the object of another one.
func (d *driver) named(p *player, handles []int, h int) bool {
	return slices.ContainsFunc(handles, func(x int) bool { return d.object(p, x) == d.object(p, h) })
}

func (d *driver) signalWait() {
	p := d.player()
	op := actor.Op{Verb: actor.SignalWait, Owner: d.ownerOf(p)}
	op.Handles = []int{d.handle(p, "").number, d.handle(p, "").number}
	if d.barges(p, op.Handles[0], op.Handles[1]) {
		return
	}
	if tellsAll { // Wine gives the signal again when such a wait is interrupted
		op.Timeout = d.timeout()
	}
	d.do(p, op)
}

// barges tells whether somebody who unlocks a mutex and wants it again in the
// same step competes with others who wait: the engine may let him.
func (d *driver) barges(p *player, signal, wait int) bool {
	s, w := d.object(p, signal), d.object(p, wait)
	return s != nil && s == w && d.waitedFor(s) && s.Owner != model.Party{}
}

func (d *driver) cancelOne() { d.cancel(pick(d, "wait", d.waits())) }

// waits lists the blocked waits, the longest first.
func (d *driver) waits() []model.WaiterID { return slices.Sorted(maps.Keys(d.pending)) }
