// Package oracle puts the specification (internal/model) behind the vocabulary
// of internal/testproc/actor, so that what a test asks of the package can be
// asked of the specification too: to compare the two, or to test the tests.
package oracle

import (
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/model"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// A Process is one process of a world. It is as sequential as the world: only
// one operation of all its processes may happen at a time.
type Process struct {
	World *model.World
	ID    model.ProcessID

	handles map[int]model.HandleID
	owners  map[int]model.OwnerID
}

// NewProcess starts a process in w.
func NewProcess(w *model.World) *Process {
	return &Process{
		World: w, ID: w.NewProcess(),
		handles: map[int]model.HandleID{}, owners: map[int]model.OwnerID{},
	}
}

// Step does op. When it is a wait that blocks, the waiter's number is not 0 and
// there is no result yet; the world's Completed tells when there is, and
// Outcome what it is.
func (p *Process) Step(op *actor.Op) (actor.Result, model.WaiterID) {
	switch op.Verb {
	case actor.Wait, actor.Any, actor.All, actor.SignalWait:
		return p.wait(op)
	case actor.Create, actor.Open:
		return p.obtain(op), 0
	default:
		return p.simple(op), 0
	}
}

// simple does the operations that never block.
func (p *Process) simple(op *actor.Op) actor.Result {
	w, h := p.World, p.handle(op.Handle)
	switch op.Verb {
	case actor.Close:
		return failure(w.CloseHandle(h))
	case actor.Set:
		return failure(w.SetEvent(h))
	case actor.Reset:
		return failure(w.ResetEvent(h))
	case actor.Pulse:
		return failure(w.PulseEvent(h))
	case actor.IsSet:
		set, err := w.IsSet(h)
		r := failure(err)
		r.Set = set
		return r
	case actor.Raise:
		if set, err := w.IsSet(h); set || err != nil {
			return actor.Result{Code: actor.Timeout}
		}
		return failure(w.SetEvent(h))
	case actor.Release:
		n, err := w.Release(h, op.N)
		r := failure(err)
		r.N = n
		return r
	case actor.Unlock:
		return failure(w.Unlock(p.owner(op.Owner), h))
	case actor.Arm:
		if !op.At.IsZero() {
			return failure(w.SetTimerAt(h, op.At, op.Period))
		}
		return failure(w.SetTimer(h, op.After, op.Period))
	case actor.Disarm:
		return failure(w.CancelTimer(h))
	case actor.NewOwner:
		id, err := w.NewOwner(p.ID)
		p.owners[op.Owner] = id
		return failure(err)
	case actor.CloseOwner:
		return failure(w.CloseOwner(p.owner(op.Owner)))
	case actor.Info:
		i, err := w.Info(h)
		r := failure(err)
		r.Info = info(&i)
		return r
	case actor.Remove:
		return failure(w.Remove(op.Name))
	case actor.Objects:
		return p.objects()
	}
	return actor.Result{Code: actor.Other, Text: "the specification has no " + string(op.Verb)}
}

func (p *Process) obtain(op *actor.Op) actor.Result {
	if op.Spec.Security != "" {
		return actor.Result{Code: actor.Unsupported}
	}
	var h model.HandleID
	var existed bool
	var err error
	if op.Verb == actor.Open {
		h, err = p.World.Open(p.ID, kinds[op.Kind], op.Name)
	} else {
		owner := model.NoOwner
		if op.Kind == actor.Mutex && op.Spec.Owned {
			owner = p.owner(op.Owner)
		}
		h, existed, err = p.World.Create(p.ID, owner, backend.Spec{
			Kind: kinds[op.Kind], Name: op.Name, Permanent: op.Spec.Permanent,
			ManualReset: op.Spec.Manual, Set: op.Spec.Set, Owned: op.Spec.Owned,
			Initial: op.Spec.Initial, Max: op.Spec.Max, Reclaim: op.Spec.Reclaim,
		})
	}
	if err == nil {
		p.handles[op.Handle] = h
	}
	r := failure(err)
	r.Existed = existed
	return r
}

func (p *Process) wait(op *actor.Op) (actor.Result, model.WaiterID) {
	numbers := op.Handles
	if op.Verb == actor.Wait {
		numbers = []int{op.Handle}
	}
	handles := make([]model.HandleID, len(numbers))
	for i, n := range numbers {
		handles[i] = p.handle(n)
	}
	w, owner := p.World, p.owner(op.Owner)
	if op.Verb == actor.Wait && op.Via == "" && !p.isMutex(handles[0]) {
		owner = model.NoOwner // the object's own method, which knows none
	}
	all := op.Verb == actor.All || op.Via == actor.All
	var id model.WaiterID
	var err error
	switch {
	case op.Verb == actor.SignalWait:
		id, err = w.SignalAndWait(owner, handles[0], handles[1])
	case op.Timeout == 0:
		got, ok, err := w.Try(owner, all, handles...)
		if err == nil && !ok {
			return actor.Result{Code: actor.Timeout}, 0
		}
		return granted(got, len(handles), err), 0
	default:
		id, err = w.Wait(owner, all, handles...)
	}
	if err != nil {
		return failure(err), 0
	}
	if x := w.Waiter(id); x.Status != model.Blocked {
		return Outcome(x), 0
	}
	if op.Timeout == 0 {
		w.Cancel(id)
		return actor.Result{Code: actor.Timeout}, 0
	}
	return actor.Result{}, id
}

func (p *Process) isMutex(h model.HandleID) bool {
	i, err := p.World.Info(h)
	return err == nil && i.Kind == backend.Mutex
}

// Outcome is the result of a wait that has ended.
func Outcome(x model.Waiter) actor.Result {
	switch x.Status {
	case model.Granted:
		return granted(x.Result, len(x.Handles), nil)
	case model.Cancelled:
		return actor.Result{Code: actor.Canceled}
	case model.Closed:
		return actor.Result{Code: actor.Closed}
	default:
		return actor.Result{Code: actor.Dead}
	}
}

func granted(got backend.WaitResult, objects int, err error) actor.Result {
	r := failure(err)
	if err != nil {
		return r
	}
	r.Index = got.Index
	for i := range objects {
		if got.Abandoned&(1<<i) != 0 {
			r.Abandoned = append(r.Abandoned, i)
		}
	}
	return r
}

// handle translates a number of the actor's vocabulary. The nil handles are
// the model's 0; a number that was never given out is closed.
func (p *Process) handle(n int) model.HandleID {
	if n <= 0 {
		return 0
	}
	if h, ok := p.handles[n]; ok {
		return h
	}
	return -1
}

// Handle tells which of the model's handles a number stands for.
func (p *Process) Handle(n int) model.HandleID { return p.handle(n) }

// Owner tells which of the model's owners a number stands for.
func (p *Process) Owner(n int) model.OwnerID { return p.owner(n) }

func (p *Process) owner(n int) model.OwnerID {
	if n == 0 {
		return model.NoOwner
	}
	if o, ok := p.owners[n]; ok {
		return o
	}
	return -1
}

func failure(err error) actor.Result {
	r := actor.Result{Code: actor.CodeOf(err)}
	if err != nil {
		r.Text = err.Error()
	}
	return r
}

var kinds = map[string]backend.Kind{
	actor.Event: backend.Event, actor.Mutex: backend.Mutex,
	actor.Semaphore: backend.Semaphore, actor.Timer: backend.Timer,
}

// nextDue is how long it is until the first timer of w is due.
func nextDue(w *model.World) (time.Duration, bool) {
	var next time.Duration
	armed := false
	for _, i := range w.List() {
		if i.Armed && (!armed || i.Due < next) {
			next, armed = i.Due, true
		}
	}
	return next, armed
}
