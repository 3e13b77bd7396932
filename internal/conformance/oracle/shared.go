package oracle

import (
	"context"
	"sync"
	"time"

	"github.com/winsys-go/ipc/internal/model"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// A Shared is a world that many use at once, in real time: a lock around the
// model, a call for each blocked wait, and an alarm for the next timer.
type Shared struct {
	mu    sync.Mutex
	world *model.World
	start time.Time
	calls map[model.WaiterID]*actor.Call
	alarm *time.Timer
}

// NewShared makes an empty world.
func NewShared() *Shared {
	start := time.Now()
	s := &Shared{world: model.New(start), start: start, calls: map[model.WaiterID]*actor.Call{}}
	s.alarm = time.AfterFunc(time.Hour, func() { s.do(func() {}) })
	return s
}

// do changes the world and tells those whose waits have ended by it.
func (s *Shared) do(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if elapsed := time.Since(s.start); elapsed > s.world.Now {
		s.world.Advance(elapsed - s.world.Now)
	}
	change()
	for _, x := range s.world.Completed() {
		if c := s.calls[x.ID]; c != nil {
			delete(s.calls, x.ID)
			c.Finish(Outcome(x))
		}
	}
	if err := s.world.Check(); err != nil {
		panic(err)
	}
	if next, armed := nextDue(s.world); armed {
		s.alarm.Reset(max(next, 0))
	}
}

// Objects counts the objects of the world.
func (s *Shared) Objects() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.world.Objects)
}

// An Actor is a process of a Shared world.
type Actor struct {
	shared  *Shared
	process *Process
	chores  actor.Chores
	stop    context.CancelFunc
	running context.Context
}

var _ actor.Actor = (*Actor)(nil)

// NewActor starts a process.
func (s *Shared) NewActor() *Actor {
	a := &Actor{shared: s}
	a.running, a.stop = context.WithCancel(context.Background())
	s.do(func() { a.process = NewProcess(s.world) })
	return a
}

// Start is the method of actor.Actor.
func (a *Actor) Start(op actor.Op) *actor.Call {
	if op.Verb == actor.Batch || a.chores.Has(op.Verb) {
		return a.startChore(op)
	}
	var id model.WaiterID
	c := actor.NewCall(op, func() { a.shared.do(func() { a.shared.world.Cancel(id) }) })
	a.shared.do(func() {
		var r actor.Result
		start := time.Now()
		if r, id = a.process.Step(&op); id == 0 {
			r.Elapsed = time.Since(start)
			c.Finish(r)
			return
		}
		a.shared.calls[id] = c
	})
	if id != 0 && op.Timeout > 0 {
		return a.limit(c)
	}
	return c
}

// limit gives a wait its timeout: a call that ends with c, or when the time is
// over.
func (a *Actor) limit(c *actor.Call) *actor.Call {
	outer := actor.NewCall(c.Op, c.Cancel)
	start := time.Now()
	go func() {
		timer := time.NewTimer(c.Op.Timeout)
		defer timer.Stop()
		select {
		case <-c.Done():
		case <-timer.C:
			c.Cancel()
		}
		r := c.Result()
		if r.Code == actor.Canceled && time.Since(start) >= c.Op.Timeout {
			r.Code = actor.Timeout
		}
		r.Elapsed = time.Since(start)
		outer.Finish(r)
	}()
	return outer
}

func (a *Actor) startChore(op actor.Op) *actor.Call {
	if op.Verb != actor.Batch {
		c := actor.NewCall(op, nil)
		c.Finish(a.chores.Do(&op))
		return c
	}
	ctx, cancel := context.WithCancel(a.running)
	c := actor.NewCall(op, cancel)
	go func() { c.Finish(actor.RunBatch(ctx, &op, a.doOne)) }()
	return c
}

// doOne does one operation of a batch.
func (a *Actor) doOne(ctx context.Context, op *actor.Op) actor.Result {
	c := a.Start(*op)
	defer context.AfterFunc(ctx, c.Cancel)()
	return c.Result()
}

// PID is the method of actor.Actor.
func (a *Actor) PID() int { return int(a.process.ID) }

// Exit is the method of actor.Actor.
func (a *Actor) Exit() {
	a.stop()
	a.shared.do(func() {
		w := a.shared.world
		for id := range a.shared.calls {
			if w.Waiter(id).Process == a.process.ID {
				a.shared.calls[id].Finish(actor.Result{Code: actor.Dead})
				delete(a.shared.calls, id)
			}
		}
		w.Kill(a.process.ID)
	})
}

// Kill is the method of actor.Actor.
func (a *Actor) Kill() { a.Exit() }

// Dump is the method of actor.Actor.
func (a *Actor) Dump() string { return "" }
