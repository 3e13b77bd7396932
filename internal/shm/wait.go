package shm

import (
	"context"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// Wait blocks until any or all of refs are signalled or ctx is done. owner is
// who gets the mutexes; nil means each handle for itself.
func Wait(ctx context.Context, owner *Owner, all bool, refs []*Object) (backend.WaitResult, error) {
	n, owned := refs[0].n, false
	for _, o := range refs {
		if o.open.Load() == 0 {
			return backend.WaitResult{}, backend.ErrClosed
		}
		if o.n != n {
			return backend.WaitResult{}, errMixed(n, o.n)
		}
		owned = owned || o.kind == backend.Mutex
	}
	if owner == nil {
		if ok, r := tryFirst(refs, all); ok {
			return r, nil
		}
		return n.waitSlow(ctx, nil, all, owned, refs)
	}
	if err := owner.Begin(); err != nil {
		return backend.WaitResult{}, err
	}
	defer owner.End()
	return n.waitSlow(ctx, owner, all, owned, refs)
}

func errMixed(a, b *Namespace) error {
	dir := "a closed one"
	if b != nil {
		dir = b.Dir()
	}
	return fmt.Errorf("%w: the objects are of different namespaces (%s and %s): wait for those of one", backend.ErrUnsupported, a.Dir(), dir)
}

// tryFirst takes the first object of a wait-any by its fast path: if that is
// signalled, the others do not matter.
func tryFirst(refs []*Object, all bool) (bool, backend.WaitResult) {
	if all && len(refs) > 1 {
		return false, backend.WaitResult{}
	}
	ok, wasAbandoned, err := refs[0].tryFast()
	if !ok || err != nil {
		return false, backend.WaitResult{}
	}
	return true, backend.WaitResult{Abandoned: when(wasAbandoned, 1)}
}

// waitSlow is the wait under the lock: it looks, and is queued when it is not
// satisfied and may block. owned says that there are mutexes among refs.
func (n *Namespace) waitSlow(ctx context.Context, owner *Owner, all, owned bool, refs []*Object) (backend.WaitResult, error) {
	if len(refs) == 1 && !all {
		return refs[0].waitSlow(ctx, owner)
	}
	result, w, err := n.startMany(ctx, owner, all, owned, refs)
	if w != nil {
		result, err = n.collect(ctx, owner, w)
	}
	return result, err
}

// waitSlow is that of a namespace, for one object.
func (o *Object) waitSlow(ctx context.Context, owner *Owner) (backend.WaitResult, error) {
	result, w, err := o.n.startOne(ctx, owner, o)
	if w != nil {
		result, err = o.n.collect(ctx, owner, w)
	}
	return result, err
}

// startOne and startMany are the part of a wait that does not block, with the
// request on their stacks: of a goroutine that is blocked, little is left there.
//
//go:noinline
func (n *Namespace) startOne(ctx context.Context, owner *Owner, o *Object) (backend.WaitResult, *waiter, error) {
	var refs [1]*Object
	var owners [1]uint32
	var unique [1]uint8
	refs[0] = o
	return n.start(ctx, owner, &request{refs: refs[:], owners: owners[:], unique: unique[:], owned: o.kind == backend.Mutex}, nil)
}

//go:noinline
func (n *Namespace) startMany(ctx context.Context, owner *Owner, all, owned bool, refs []*Object) (backend.WaitResult, *waiter, error) {
	var owners [maxWait]uint32
	var unique [maxWait]uint8
	k := len(refs)
	return n.start(ctx, owner, &request{refs: refs, owners: owners[:k], unique: unique[:k], owned: owned, all: all}, nil)
}

// start signals what is to be signalled first, if anything, and looks, in one
// step. Without an error it gives the result of a wait that is over, or one that
// is queued.
func (n *Namespace) start(ctx context.Context, owner *Owner, req *request, give *signalling) (result backend.WaitResult, w *waiter, err error) {
	if err := req.resolve(n, owner); err != nil {
		return result, nil, err
	}
	l := looking{mayBlock: ctx.Err() == nil}
	if l.mayBlock {
		l.began = n.sys.Now()
		if err := n.stillThereNowAndThen(l.began); err != nil {
			return result, nil, err
		}
	}
	if err = n.look(req, owner, give, &l); err != nil {
		err = n.lookAgain(req, owner, give, &l, err)
	}
	switch {
	case err != nil:
		return result, nil, err
	case l.queued != nil:
		return result, l.queued, nil
	case !l.done:
		return result, nil, ctx.Err()
	}
	raceAcquire(req.refs)
	owner.note(n, req, l.result)
	return l.result, nil, nil
}

// collect waits for the end of a queued wait and makes its result.
func (n *Namespace) collect(ctx context.Context, owner *Owner, w *waiter) (result backend.WaitResult, err error) {
	if ctx.Done() == nil {
		err = n.awaitEnd(w)
	} else {
		err = n.await(ctx, w)
	}
	if err == nil {
		result = n.resultOf(w)
		raceAcquire(w.req.refs)
		owner.note(n, &w.req, result)
	}
	owner.setWait(nil)
	n.mu.leave(w)
	return result, err
}

// resultOf reads the result of a wait that has succeeded.
func (n *Namespace) resultOf(w *waiter) (result backend.WaitResult) {
	claim, objects := w.rec.claim.load(), w.req.objects()
	k := claimIndex(claim)
	if k >= len(objects) {
		k = 0 // damage: any answer is as good
	}
	if !w.req.all {
		result.Index = int(objects[k])
	}
	mask := w.rec.abandoned.load()
	for k, at := range objects {
		result.Abandoned |= mask >> k & 1 << at
	}
	w.req.refs[result.Index].local.Store(first(claim) == n.slotIndex)
	return result
}
