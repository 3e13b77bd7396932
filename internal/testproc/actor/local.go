package actor

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/winsys-go/ipc"
)

// A Local is an actor in this process, with an attachment of its own to a
// namespace: for the engine it is a process of its own.
type Local struct {
	namespace *ipc.Namespace

	mu      sync.Mutex
	handles map[int]ipc.Waitable
	owners  map[int]*ipc.Owner
	calls   sync.WaitGroup
	stop    context.CancelFunc
	running context.Context
	chores  Chores
}

var _ Actor = (*Local)(nil)

// NewLocal returns an actor in the namespace dir.
func NewLocal(dir string) (*Local, error) {
	n, err := ipc.OpenNamespace(dir, nil)
	if err != nil {
		return nil, err
	}
	a := &Local{
		namespace: n,
		handles:   map[int]ipc.Waitable{},
		owners:    map[int]*ipc.Owner{},
	}
	a.running, a.stop = context.WithCancel(context.Background())
	return a, nil
}

// Start is the method of Actor.
func (a *Local) Start(op Op) *Call {
	if !op.Blocks() {
		c := NewCall(op, nil)
		c.Finish(a.do(context.Background(), &op))
		return c
	}
	ctx, cancel := context.WithCancel(a.running)
	c := NewCall(op, cancel)
	a.calls.Go(func() {
		c.Finish(a.do(ctx, &op))
		cancel()
	})
	return c
}

// PID is the method of Actor.
func (a *Local) PID() int { return os.Getpid() }

// Exit leaves the namespace. That is the end of this actor for the others; its
// own goroutines notice that their handles are closed.
func (a *Local) Exit() {
	a.namespace.Close()
	a.mu.Lock()
	owners := a.owners
	a.owners = nil
	a.mu.Unlock()
	for _, o := range owners {
		o.Close()
	}
	a.stop()
	a.calls.Wait()
}

// Kill is Exit: this process cannot die and go on.
func (a *Local) Kill() { a.Exit() }

// Dump shows the goroutines of this process.
func (a *Local) Dump() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// do does op and measures it.
func (a *Local) do(ctx context.Context, op *Op) Result {
	start := time.Now()
	r := a.perform(ctx, op)
	r.Elapsed = time.Since(start)
	return r
}

func (a *Local) perform(ctx context.Context, op *Op) Result {
	switch op.Verb {
	case Create, Open, OpenProcess:
		return a.obtain(op)
	case Wait, Any, All, SignalWait:
		return a.wait(ctx, op)
	case Batch:
		return RunBatch(ctx, op, a.do)
	case NewOwner:
		a.mu.Lock()
		defer a.mu.Unlock()
		a.owners[op.Owner] = ipc.NewOwner()
		return Result{}
	case CloseOwner:
		return fail(a.owner(op.Owner).Close())
	case Remove:
		return fail(a.namespace.Remove(op.Name))
	case Objects:
		list, err := a.namespace.Objects()
		r := fail(err)
		r.Objects = list
		return r
	}
	if a.chores.Has(op.Verb) {
		return a.chores.Do(op)
	}
	switch o := a.object(op.Handle).(type) {
	case *ipc.Event:
		return useEvent(o, op)
	case *ipc.Mutex:
		return a.useMutex(o, op)
	case *ipc.Semaphore:
		return useSemaphore(o, op)
	case *ipc.Timer:
		return useTimer(o, op)
	case *ipc.Process:
		if op.Verb == Close {
			return fail(o.Close())
		}
	}
	return unknown(op)
}

// object finds a handle; negative numbers are the nil handles.
func (a *Local) object(number int) ipc.Waitable {
	switch number {
	case Null(Event):
		return (*ipc.Event)(nil)
	case Null(Mutex):
		return (*ipc.Mutex)(nil)
	case Null(Semaphore):
		return (*ipc.Semaphore)(nil)
	case Null(Timer):
		return (*ipc.Timer)(nil)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.handles[number]
}

// owner finds an owner; nil for the number 0.
func (a *Local) owner(number int) *ipc.Owner {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.owners[number]
}
