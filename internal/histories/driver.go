package histories

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/winsys-go/ipc/internal/conformance/oracle"
	"github.com/winsys-go/ipc/internal/model"
	"github.com/winsys-go/ipc/internal/testproc/actor"
	"pgregory.net/rapid"
)

// A player is one actor, and his double in the model.
type player struct {
	number  int
	actor   actor.Actor
	double  *oracle.Process
	handles []*handle // open or closed
	owners  []int     // open or closed
}

// A handle is known by its number.
type handle struct {
	number int
	kind   string
	closed bool
	tie    int // see tied.go
}

// A pending is a wait that the model says is blocked.
type pending struct {
	player *player
	call   *actor.Call
}

// A driver plays one history.
type driver struct {
	t       *rapid.T
	stage   *stage
	world   *model.World
	players []*player
	pending map[model.WaiterID]*pending
	entered int // players so far
	ties    int // see tied.go
	log     []string
	wall    time.Time
}

func newDriver(t *rapid.T, s *stage) *driver {
	wall := time.Now()
	return &driver{t: t, stage: s, world: model.New(wall), pending: map[model.WaiterID]*pending{}, wall: wall}
}

// number makes a number for a handle or an owner, which an actor that has
// played before has not seen either.
func (d *driver) number() int {
	d.stage.numbers++
	return d.stage.numbers
}

// enter brings a player on, with an actor that may have played before.
func (d *driver) enter() *player {
	d.t.Helper()
	d.entered++
	p := &player{number: d.entered, actor: d.stage.actor(), double: oracle.NewProcess(d.world)}
	d.players = append(d.players, p)
	return p
}

// logf notes what happens. rapid shows the log of the history that it has
// shortened; the first one that fails is shown as well, since a failure that
// depends on time may never come again.
func (d *driver) logf(format string, args ...any) {
	d.t.Logf(format, args...)
	d.log = append(d.log, fmt.Sprintf(format, args...))
}

// do begins an operation, in the model first.
func (d *driver) do(p *player, op actor.Op) actor.Result {
	d.t.Helper()
	faulty := d.faulty(p, &op)
	want, waiter := p.double.Step(&op)
	d.logf("P%d: %s", p.number, describe(&op, want, waiter))
	call := p.actor.Start(op)
	switch {
	case waiter != 0:
		d.pending[waiter] = &pending{p, call}
		d.awaitQueued(p, &op)
		d.stage.tally.blocked[op.Verb]++
	case faulty && refusal(want.Code):
		if r, ok := call.Await(d.stage.limit()); !ok || !refusal(r.Code) {
			d.t.Fatalf("P%d: its %s must be refused and gives: %s", p.number, op.Verb, r)
		}
	default:
		d.ended(p, call, want)
		if want.Code == actor.OK {
			d.stage.tally.operations[op.Verb]++
		}
	}
	d.settle()
	return want
}

// briefly does a wait that must end by its own timeout: the model has none.
func (d *driver) briefly(p *player, op actor.Op) {
	d.t.Helper()
	op.Timeout = 2 * time.Millisecond
	if d.faulty(p, &op) {
		d.t.Skip("refused, in one way or another")
	}
	want, waiter := p.double.Step(&op)
	if waiter != 0 {
		d.world.Cancel(waiter)
		d.world.Completed()
		want = actor.Result{Code: actor.Timeout}
	}
	d.logf("P%d: %s", p.number, describe(&op, want, 0))
	d.ended(p, p.actor.Start(op), want)
	d.settle()
}

// cancel cancels a blocked wait.
func (d *driver) cancel(id model.WaiterID) {
	d.t.Helper()
	w := d.pending[id]
	d.logf("P%d: cancel %s", w.player.number, w.call.Op.Verb)
	d.world.Cancel(id)
	w.call.Cancel()
	d.settle()
}

// kill ends a player. His double takes his own waits with him. With noticed,
// the others are given the time to notice.
func (d *driver) kill(p *player, noticed bool) {
	d.t.Helper()
	d.logf("P%d: dies", p.number)
	for id, w := range d.pending {
		if w.player == p {
			delete(d.pending, id)
		}
	}
	d.stage.tally.deaths++
	d.world.Kill(p.double.ID)
	if !d.stage.kill(p.actor) {
		d.t.Fatalf("P%d does not end:\n%s", p.number, p.actor.Dump())
	}
	d.players = slices.DeleteFunc(d.players, func(x *player) bool { return x == p })
	if noticed {
		d.settle()
	}
}

// settle waits for the waits that the model has ended, and then compares the
// worlds.
func (d *driver) settle() {
	d.t.Helper()
	if err := d.world.Check(); err != nil {
		d.t.Fatalf("the model contradicts itself: %v", err)
	}
	others := 0
	for _, x := range d.world.Completed() {
		w := d.pending[x.ID]
		if w == nil {
			continue // it ended at once
		}
		delete(d.pending, x.ID)
		others++
		d.stage.tally.ended[oracle.Outcome(x).Code]++
		if x.Result.Abandoned != 0 {
			d.stage.tally.abandoned++
		}
		d.logf("    P%d: its %s ends", w.player.number, w.call.Op.Verb)
		d.ended(w.player, w.call, oracle.Outcome(x))
	}
	if others > 1 {
		d.stage.tally.handovers++
	}
	d.compare()
	for _, w := range d.pending {
		if w.call.Ended() {
			d.t.Fatalf("P%d: its %s must be blocked and has ended: %s", w.player.number, describe(&w.call.Op, actor.Result{}, 0), w.call.Result())
		}
	}
}

// ended compares the result of an operation that must have ended.
func (d *driver) ended(p *player, call *actor.Call, want actor.Result) {
	d.t.Helper()
	got, ok := call.Await(d.stage.limit())
	if !ok {
		d.t.Fatalf("P%d: its %s is blocked, want: %s", p.number, call.Op.Verb, want)
	}
	same := got.Code == want.Code && got.Index == want.Index && sameAbandoned(got.Abandoned, want.Abandoned) &&
		got.N == want.N && got.Set == want.Set && got.Existed == want.Existed
	if !same {
		d.t.Fatalf("P%d: its %s gives\n\t%s, want\n\t%s", p.number, call.Op.Verb, got, want)
	}
	if want.Code == actor.OK {
		d.tie(p, &call.Op)
	}
}

// sameAbandoned compares the mutexes that were abandoned. Where the system says
// only that some of several were, one too many may be told, never one too few.
func sameAbandoned(got, want []int) bool {
	if tellsAll || len(want) == 0 {
		return slices.Equal(got, want)
	}
	return !slices.ContainsFunc(want, func(i int) bool { return !slices.Contains(got, i) })
}

// describe writes an operation and what must come of it in one line.
func describe(op *actor.Op, want actor.Result, waiter model.WaiterID) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", op.Verb)
	if op.Name != "" || op.Kind != "" {
		fmt.Fprintf(&b, " %s %q", op.Kind, op.Name)
	}
	if op.Spec != (actor.Spec{}) {
		fmt.Fprintf(&b, " %+v", op.Spec)
	}
	if op.Handle != 0 {
		fmt.Fprintf(&b, " h%d", op.Handle)
	}
	if len(op.Handles) > 0 {
		fmt.Fprintf(&b, " h%d", op.Handles)
	}
	if op.Owner != 0 {
		fmt.Fprintf(&b, " as owner %d", op.Owner)
	}
	if op.N != 0 {
		fmt.Fprintf(&b, " %d", op.N)
	}
	if op.Verb == actor.Arm {
		fmt.Fprintf(&b, " after %v, at %v, period %v", op.After, op.At, op.Period)
	}
	switch {
	case op.Timeout < 0:
		b.WriteString(" for ever")
	case op.Timeout > 0:
		fmt.Fprintf(&b, " for %v", op.Timeout)
	}
	if waiter != 0 {
		return b.String() + ": blocks"
	}
	return fmt.Sprintf("%s: %s", &b, want)
}
