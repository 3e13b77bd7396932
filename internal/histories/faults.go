package histories

import (
	"slices"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/model"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// faulty tells whether an operation is wrong in more than one way. Which of
// them is reported is the engine's choice.
func (d *driver) faulty(p *player, op *actor.Op) bool {
	return d.handleFaults(p, op)+d.ownerFaults(p, op)+argumentFaults(op) > 1
}

// argumentFaults counts wrong numbers.
func argumentFaults(op *actor.Op) int {
	switch {
	case op.Verb == actor.Arm && (op.After < 0 || op.Period < 0),
		op.Verb == actor.Release && op.N < 1:
		return 1
	}
	return 0
}

// ownerFaults counts an owner who is closed or in another call. What it does
// not own may be refused before or after.
func (d *driver) ownerFaults(p *player, op *actor.Op) int {
	if op.Owner == 0 {
		return 0
	}
	owner := p.double.Owner(op.Owner)
	open := slices.ContainsFunc(d.world.Owners, func(o *model.Owner) bool { return o.ID == owner })
	busy := slices.ContainsFunc(d.world.Waiters, func(x *model.Waiter) bool { return x.Owner == owner })
	switch {
	case open && !busy:
		return 0
	case op.Verb == actor.Unlock || op.Verb == actor.SignalWait:
		return 2
	}
	return 1
}

// handleFaults counts closed handles, what stands twice in a wait for all,
// and what cannot be signalled.
func (d *driver) handleFaults(p *player, op *actor.Op) int {
	faults := 0
	var objects []model.ObjectID
	for i, number := range append(slices.Clone(op.Handles), op.Handle) {
		if number == 0 {
			continue
		}
		o := d.object(p, number)
		switch {
		case o == nil:
			faults++
		case op.Verb == actor.All && slices.Contains(objects, o.ID),
			op.Verb == actor.SignalWait && i == 0 && o.Kind == backend.Timer:
			faults++
		}
		if o != nil {
			objects = append(objects, o.ID)
		}
	}
	if faults == 1 && op.Verb == actor.SignalWait {
		return 2 // the signal itself may be refused as well
	}
	return faults
}

// object finds the object behind a player's handle; nil when that is closed.
func (d *driver) object(p *player, number int) *model.Object {
	for _, h := range d.world.Handles {
		if h.ID != p.double.Handle(number) {
			continue
		}
		for _, o := range d.world.Objects {
			if o.ID == h.Object {
				return o
			}
		}
	}
	return nil
}

// refusal tells whether a code is one of those that such operations end with.
func refusal(c actor.Code) bool {
	switch c {
	case actor.Closed, actor.Invalid, actor.InvalidUse, actor.NotOwner, actor.TooManyPosts:
		return true
	}
	return false
}
