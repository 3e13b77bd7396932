package conformance

import (
	"runtime"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// A Thread is who acts in a case and owns mutexes: an Owner of a process or,
// where the backend wants that, somebody with handles of his own.
type Thread struct {
	c       *Case
	p       *Process
	owner   int
	handles map[*Object]int // nil for one with an Owner
	turn    int
}

// forever is the timeout INFINITE.
const forever time.Duration = actor.Forever

// do does an operation that must end soon.
func (t *Thread) do(op actor.Op) actor.Result {
	t.c.t.Helper()
	call := t.p.actor.Start(op)
	r, ok := call.Await(t.c.limit)
	if !ok {
		t.c.t.Fatalf("%s does not end. What its process is doing:\n%s", op.Verb, t.p.actor.Dump())
	}
	return r
}

// must does an operation that must succeed.
func (t *Thread) must(op actor.Op) actor.Result {
	t.c.t.Helper()
	r := t.do(op)
	if r.Code != actor.OK {
		t.c.t.Fatalf("%s %s fails: %s", op.Verb, op.Kind, r)
	}
	return r
}

// on does a simple operation on an object.
func (t *Thread) on(verb actor.Verb, o Ref) Outcome {
	t.c.t.Helper()
	return outcome(t.do(actor.Op{Verb: verb, Handle: o.handle(t), Owner: t.owner}))
}

func (t *Thread) set(o Ref) Outcome    { t.c.t.Helper(); return t.on(actor.Set, o) }
func (t *Thread) reset(o Ref) Outcome  { t.c.t.Helper(); return t.on(actor.Reset, o) }
func (t *Thread) pulse(o Ref) Outcome  { t.c.t.Helper(); return t.on(actor.Pulse, o) }
func (t *Thread) unlock(o Ref) Outcome { t.c.t.Helper(); return t.on(actor.Unlock, o) }
func (t *Thread) disarm(o Ref) Outcome { t.c.t.Helper(); return t.on(actor.Disarm, o) }
func (t *Thread) close(o Ref) Outcome  { t.c.t.Helper(); return t.on(actor.Close, o) }

// isSet reports the state of an event.
func (t *Thread) isSet(o Ref) bool {
	t.c.t.Helper()
	return t.must(actor.Op{Verb: actor.IsSet, Handle: o.handle(t)}).Set
}

func (t *Thread) info(o Ref) *ipc.Info {
	t.c.t.Helper()
	return t.must(actor.Op{Verb: actor.Info, Handle: o.handle(t)}).Info
}

// release releases n permits and reports the count before.
func (t *Thread) release(o Ref, n int) (previous int, _ Outcome) {
	t.c.t.Helper()
	r := t.do(actor.Op{Verb: actor.Release, Handle: o.handle(t), N: n})
	return r.N, outcome(r)
}

// arm makes a timer due after some time.
func (t *Thread) arm(o Ref, after, period time.Duration) Outcome {
	t.c.t.Helper()
	return outcome(t.do(actor.Op{Verb: actor.Arm, Handle: o.handle(t), After: after, Period: period}))
}

// armAt makes a timer due at a time of day.
func (t *Thread) armAt(o Ref, at time.Time, period time.Duration) Outcome {
	t.c.t.Helper()
	return outcome(t.do(actor.Op{Verb: actor.Arm, Handle: o.handle(t), At: at, Period: period}))
}

// waitOp is the operation of a wait for one object.
func (t *Thread) waitOp(timeout time.Duration, o Ref) actor.Op {
	t.c.t.Helper()
	op := actor.Op{Verb: actor.Wait, Kind: o.kindOf(), Handle: o.handle(t), Owner: t.owner, Timeout: timeout}
	if t.c.traits.Via {
		op.Via = []actor.Verb{actor.Any, actor.All}[t.turn%2]
		t.turn++
	}
	return op
}

// manyOp is that of a wait for several.
func (t *Thread) manyOp(verb actor.Verb, timeout time.Duration, objects []Ref) actor.Op {
	t.c.t.Helper()
	op := actor.Op{Verb: verb, Owner: t.owner, Timeout: timeout}
	for _, o := range objects {
		op.Handles = append(op.Handles, o.handle(t))
	}
	return op
}

// try is wait(h,0).
func (t *Thread) try(o Ref) Outcome {
	t.c.t.Helper()
	return outcome(t.do(t.waitOp(0, o)))
}

// wait is wait(h,timeout). It reports how long that took.
func (t *Thread) wait(timeout time.Duration, o Ref) (Outcome, time.Duration) {
	t.c.t.Helper()
	r := t.do(t.waitOp(timeout, o))
	return outcome(r), r.Elapsed
}

// any is any([..],timeout).
func (t *Thread) any(timeout time.Duration, objects ...Ref) Outcome {
	t.c.t.Helper()
	return outcome(t.do(t.manyOp(actor.Any, timeout, objects)))
}

// all is all([..],timeout).
func (t *Thread) all(timeout time.Duration, objects ...Ref) Outcome {
	t.c.t.Helper()
	return outcome(t.do(t.manyOp(actor.All, timeout, objects)))
}

// signalAndWait signals one object and waits for the other.
func (t *Thread) signalAndWait(timeout time.Duration, signal, wait Ref) Outcome {
	t.c.t.Helper()
	return outcome(t.do(t.manyOp(actor.SignalWait, timeout, []Ref{signal, wait})))
}

// start begins an operation that may block.
func (t *Thread) start(op actor.Op) *Pending {
	return &Pending{t: t, call: t.p.actor.Start(op)}
}

// block begins a wait without a timeout, and returns when it is queued.
func (t *Thread) block(o Ref) *Pending {
	t.c.t.Helper()
	return t.queue(t.waitOp(forever, o), o)
}

// blockFor is block with a timeout.
func (t *Thread) blockFor(timeout time.Duration, o Ref) *Pending {
	t.c.t.Helper()
	return t.queue(t.waitOp(timeout, o), o)
}

// blockAny begins a wait for any of some objects, and returns when it is
// queued.
func (t *Thread) blockAny(objects ...Ref) *Pending {
	t.c.t.Helper()
	return t.queue(t.manyOp(actor.Any, forever, objects), objects...)
}

// blockAll is that for all of them.
func (t *Thread) blockAll(objects ...Ref) *Pending {
	t.c.t.Helper()
	return t.queue(t.manyOp(actor.All, forever, objects), objects...)
}

// queue begins a wait that must block, and returns when each of its objects
// counts one waiter more than before. Where that takes longer than the wait's
// own timeout, it has blocked, too.
func (t *Thread) queue(op actor.Op, objects ...Ref) *Pending {
	t.c.t.Helper()
	before := make([]int, len(objects))
	for i, o := range objects {
		before[i] = t.info(o).Waiters
	}
	p := t.start(op)
	for i, o := range objects {
		t.c.eventually("the wait is queued", func() bool {
			if p.call.Ended() {
				if op.Timeout > 0 && p.call.Result().Code == actor.Timeout {
					return true
				}
				t.c.t.Fatalf("%s on %s does not block: %s", op.Verb, o.kindOf(), p.call.Result())
			}
			return t.info(o).Waiters > before[i]
		})
	}
	if runtime.GOOS == "windows" {
		time.Sleep(settling)
	}
	return p
}

// settling is for Windows, which does not tell who waits: the process counts its
// wait just before the kernel has it.
const settling = 10 * time.Millisecond

// end is the end of the thread: what it owns is abandoned.
func (t *Thread) end() {
	t.c.t.Helper()
	if t.handles == nil {
		t.must(actor.Op{Verb: actor.CloseOwner, Owner: t.owner})
		return
	}
	for o, id := range t.handles {
		if id != o.home { // the case's own handle keeps the object
			t.must(actor.Op{Verb: actor.Close, Handle: id})
		}
	}
}
