package shm

import (
	"context"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// Wait blocks until any or all of refs are signalled or ctx is done. owner is
// who gets the mutexes; nil means each handle for itself.
func Wait(ctx context.Context, owner *Owner, all bool, refs []*Object) (backend.WaitResult, error) {
	n := refs[0].n
	for _, o := range refs {
		if o.open.Load() == 0 {
			return backend.WaitResult{}, backend.ErrClosed
		}
		if o.n != n {
			return backend.WaitResult{}, errMixed(n, o.n)
		}
	}
	if owner == nil {
		if ok, r := tryFirst(refs, all); ok {
			return r, nil
		}
		return n.waitSlow(ctx, nil, all, refs)
	}
	if err := owner.Begin(); err != nil {
		return backend.WaitResult{}, err
	}
	defer owner.End()
	return n.waitSlow(ctx, owner, all, refs)
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
// satisfied and may block.
func (n *Namespace) waitSlow(ctx context.Context, owner *Owner, all bool, refs []*Object) (backend.WaitResult, error) {
	req := newRequest(refs, all)
	defer req.free()
	if err := req.resolve(n, owner); err != nil {
		return backend.WaitResult{}, err
	}
	return n.perform(ctx, owner, req, nil)
}

// perform does before, if there is one, and then waits, in one step.
func (n *Namespace) perform(ctx context.Context, owner *Owner, req *request, before func() error) (result backend.WaitResult, err error) {
	mayBlock := ctx.Err() == nil
	if mayBlock {
		if err := n.stillThereNowAndThen(); err != nil {
			return result, err
		}
	}
	var w *waiter
	done := false
	err = n.locked(func() error {
		if err := n.checkOpen(req, owner); err != nil {
			return err
		}
		if mayBlock {
			// What may fail comes before anything is changed.
			if err := n.provideWaiter(len(req.unique)); err != nil {
				return err
			}
		}
		if before != nil {
			n.hold(req)
			if err := before(); err != nil {
				n.letGo()
				return err
			}
			before = nil
		}
		if result, done = n.poll(req); !done && mayBlock {
			w = n.enqueue(req)
			n.armFor(w)
			if owner.setWait(w) {
				n.withdrawAll([]*waiter{w}, claimClosed)
			}
		}
		n.letGo()
		return nil
	})
	switch {
	case err != nil:
		if w != nil { // damage was met when it was queued already
			w.fail(w.use, err)
			owner.setWait(nil)
			n.release(w)
		}
		return result, err
	case done:
		raceAcquire(req.refs)
		owner.note(n, req, result)
		return result, nil
	case !mayBlock:
		return result, ctx.Err()
	}
	return n.collect(ctx, owner, w, req)
}

// hold keeps fast paths off the objects of a request, and off the mutexes that
// are freed from now on, until letGo: nobody is to come between the signal and
// the wait of a SignalAndWait.
func (n *Namespace) hold(req *request) {
	n.holding = true
	for _, o := range req.refs {
		r := n.object(o.index)
		n.close(o.index, r)
		if o.kind == backend.Mutex {
			n.freeze(o.index, r)
		}
	}
}

func (n *Namespace) letGo() {
	if n.holding {
		n.holding = false
		n.thawAll()
	}
}

// collect waits for the end of a queued wait and makes its result.
func (n *Namespace) collect(ctx context.Context, owner *Owner, w *waiter, req *request) (backend.WaitResult, error) {
	err := n.await(ctx, w)
	var result backend.WaitResult
	if err == nil {
		claim := w.rec.claim.load()
		k := claimIndex(claim)
		if k >= len(req.unique) {
			k = 0 // damage: any answer is as good
		}
		if !req.all {
			result.Index = int(req.unique[k])
		}
		mask := w.rec.abandoned.load()
		for k, at := range req.unique {
			result.Abandoned |= mask >> k & 1 << at
		}
		req.refs[result.Index].local.Store(first(claim) == n.slotIndex)
		raceAcquire(req.refs)
	}
	owner.setWait(nil)
	n.release(w)
	if err == nil {
		owner.note(n, req, result)
	}
	return result, err
}

// checkOpen makes sure, under the lock, that no handle of a request was closed
// and that every object is what it was.
func (n *Namespace) checkOpen(req *request, owner *Owner) error {
	if owner.isClosed() || n.closed {
		return backend.ErrClosed
	}
	for at, o := range req.refs {
		r, err := o.record()
		if err != nil {
			return err
		}
		if o.open.Load() == handleEnding {
			return backend.ErrClosed
		}
		if req.owners[at] != 0 {
			if err := n.ownerAlive(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// ownerAlive asks for the reaping of a mutex's owner if that is dead.
func (n *Namespace) ownerAlive(r *objectRecord) error {
	owner := payload(r.state.load())
	if owner == 0 || owner == frozen {
		return nil
	}
	// A free slot is that of a process that has left, and is just giving the
	// mutex up; see giveUp.
	if slot := ownerSlot(owner); isDead(n.slot(slot).alive.load()) {
		return deadHolder{slot}
	}
	return nil
}

// poll looks whether a request is satisfied at this instant, and consumes the
// signals if so. It closes the objects that it has looked at, so that what it
// saw is still so.
func (n *Namespace) poll(req *request) (backend.WaitResult, bool) {
	if req.all {
		return n.pollAll(req)
	}
	for _, at := range req.unique {
		o := req.refs[at]
		r := n.object(o.index)
		n.closeFresh(o.index, r)
		if n.signalledFor(o.index, r, req.owners[at]) {
			wasAbandoned := n.putConsumed(r, o.handle, req.owners[at])
			n.commitIfAny()
			n.thawAll()
			return backend.WaitResult{Index: int(at), Abandoned: when(wasAbandoned, 1<<at)}, true
		}
	}
	return backend.WaitResult{}, false
}

func (n *Namespace) pollAll(req *request) (backend.WaitResult, bool) {
	result, ok := n.consumeAll(req)
	n.thawAll()
	return result, ok
}

func (n *Namespace) consumeAll(req *request) (result backend.WaitResult, ok bool) {
	for _, at := range req.unique {
		o := req.refs[at]
		n.closeFresh(o.index, n.object(o.index))
	}
	for _, at := range req.unique {
		o := req.refs[at]
		if !n.signalledFor(o.index, n.object(o.index), req.owners[at]) {
			return result, false
		}
	}
	for _, at := range req.unique {
		o := req.refs[at]
		if n.putConsumed(n.object(o.index), o.handle, req.owners[at]) {
			result.Abandoned |= 1 << at
		}
	}
	n.commitIfAny()
	return result, true
}

// signalledFor is available for somebody who runs: a free mutex is his even if
// a sleeper was told to come for it.
func (n *Namespace) signalledFor(i uint32, r *objectRecord, owner uint32) bool {
	if owner == 0 {
		return payload(r.state.load()) != 0
	}
	if owner&recursiveBit != 0 && payload(r.state.load()) == owner {
		return true
	}
	return n.freeze(i, r)
}

// commitIfAny commits what was put; a manual-reset event changes nothing.
func (n *Namespace) commitIfAny() {
	if n.pending > 0 {
		n.commit()
	}
}
