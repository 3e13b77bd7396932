package shm

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

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

// A looking is a look at what somebody waits for, and what came of it. The request is
// passed beside it, or it would move to the heap.
type looking struct {
	mayBlock bool
	began    int64

	closed int    // so many objects were closed, the first ones
	opened uint64 // bit i: object i, an event or a semaphore, was open before
	result backend.WaitResult
	done   bool    // it was satisfied at once
	queued *waiter // otherwise, if it may block
}

// lookAgain is look for one that has failed.
func (n *Namespace) lookAgain(req *request, owner *Owner, give *signalling, l *looking, err error) error {
	err = n.despite(err, func() error { return n.look(req, owner, give, l) })
	if err != nil && l.queued != nil { // damage was met when it was queued already
		l.queued.fail(l.queued.use, err)
		owner.setWait(nil)
		n.mu.leave(l.queued)
	}
	return err
}

// look looks whether a request is satisfied, and queues it when it is not and
// may block.
func (n *Namespace) look(req *request, owner *Owner, give *signalling, l *looking) (err error) {
	if err := n.enter(); err != nil {
		return err
	}
	defer n.exit(&err)
	sure, err := n.prepare(req, owner, give, l.mayBlock)
	if err != nil {
		return err
	}
	err = n.poll(req, sure, l)
	if err == nil && !l.done && l.mayBlock {
		req.distinguish() // has no error: a wait for all was asked before
		l.queued = n.enqueue(req, l.began)
		n.armFor(l.queued)
		if owner.setWait(l.queued) {
			n.withdrawAll([]*waiter{l.queued}, claimClosed)
		}
	}
	n.letGo()
	n.reopenLooked(req, l)
	n.finish()
	return err
}

// reopenLooked opens what a look has closed. What was open before, and is not waited
// for now, needs no closer look.
func (n *Namespace) reopenLooked(req *request, l *looking) {
	for at, o := range req.refs[:l.closed] {
		if r := o.rec(); l.queued == nil && l.opened>>at&1 != 0 {
			r.state.put(r.state.load() &^ slowBit)
		} else {
			n.reopen(r)
		}
	}
}

// prepare makes sure that a look can be done, and signals what is to be signalled
// first. What may fail comes before anything is changed. sure is true when the
// handles are known to be open.
func (n *Namespace) prepare(req *request, owner *Owner, give *signalling, mayBlock bool) (sure bool, err error) {
	if owner.isClosed() || n.closed {
		return false, backend.ErrClosed
	}
	if mayBlock {
		if err := n.provideWaiter(len(req.refs)); err != nil {
			return false, err
		}
	}
	if give == nil && !req.owned {
		return false, nil
	}
	if err := n.checkOpen(req); err != nil || give == nil || give.done {
		return true, err
	}
	n.hold(req)
	if err = give.do(); err != nil {
		n.letGo()
	}
	return true, err
}

// hold keeps fast paths off the objects of a request, and off the mutexes that
// are freed from now on, until letGo: nobody is to come between the signal and
// the wait of a SignalAndWait.
func (n *Namespace) hold(req *request) {
	n.holding = true
	for _, o := range req.refs {
		n.close(o.rec())
		if o.kind == backend.Mutex {
			n.freeze(o.index, o.rec())
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

// checkOpen makes sure, under the lock, that no handle of a request was closed,
// that every object is what it was, and that no mutex has a dead owner.
func (n *Namespace) checkOpen(req *request) error {
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
//
// sure says that the handles were open at the instant that counts; otherwise all
// must be open when they are looked at.
func (n *Namespace) poll(req *request, sure bool, l *looking) (err error) {
	l.closed, l.opened = 0, 0
	if req.all {
		err = n.pollAll(req, sure, l)
	} else {
		err = n.pollAny(req, sure, l)
	}
	if len(n.frozen) > 0 {
		n.thawAll()
	}
	return err
}

func (n *Namespace) pollAny(req *request, sure bool, l *looking) error {
	for at, o := range req.refs {
		signalled, err := n.closeOpen(o, at, sure, l)
		if err != nil {
			return err
		}
		if o.kind == backend.Mutex {
			signalled = n.signalledFor(o, req.owners[at])
		}
		if !signalled {
			continue
		}
		if !sure && anyClosed(req.refs[at+1:]) {
			return backend.ErrClosed
		}
		wasAbandoned := n.putConsumed(o.rec(), o.handle, req.owners[at])
		n.commitIfAny()
		l.result, l.done = backend.WaitResult{Index: at, Abandoned: when(wasAbandoned, 1<<at)}, true
		break
	}
	return nil
}

func anyClosed(refs []*Object) bool {
	return slices.ContainsFunc(refs, func(o *Object) bool { return o.open.Load() != handleOpen })
}

// pollAll closes all objects before it looks at any: a timer that is due is settled
// then, which thaws mutexes, and takes signals. Where nothing is but events and
// semaphores that were open, what was seen meanwhile holds.
func (n *Namespace) pollAll(req *request, sure bool, l *looking) error {
	done := true
	for at, o := range req.refs {
		signalled, err := n.closeOpen(o, at, sure, l)
		if err != nil {
			return err
		}
		done = done && signalled
	}
	if bits.OnesCount64(l.opened) < len(req.refs) {
		done = n.allSignalledFor(req)
	}
	if !done {
		return nil
	}
	for at, o := range req.refs {
		if n.putConsumed(o.rec(), o.handle, req.owners[at]) {
			l.result.Abandoned |= 1 << at
		}
	}
	n.commitIfAny()
	l.done = true
	return nil
}

func (n *Namespace) allSignalledFor(req *request) bool {
	for at, o := range req.refs {
		if !n.signalledFor(o, req.owners[at]) {
			return false
		}
	}
	return true
}

// closeOpen closes the object of handle number at, which must be open unless that is
// sure, and brings it up to date. It reports whether it is signalled, unless it is a
// mutex.
func (n *Namespace) closeOpen(o *Object, at int, sure bool, l *looking) (signalled bool, err error) {
	if !sure && o.open.Load() != handleOpen {
		return false, backend.ErrClosed
	}
	r := o.rec()
	s := r.state.load()
	if generation(s) != o.base {
		n.damaged("the object of an open handle is gone")
	}
	l.closed = at + 1
	if s&(slowBit|wokenBit) == 0 && r.state.cas(s, s|slowBit) {
		if o.kind == backend.Event || o.kind == backend.Semaphore {
			l.opened |= 1 << at
			return payload(s) != 0, nil
		}
	} else {
		n.shut(r)
	}
	n.refresh(o.index, r)
	return payload(r.state.load()) != 0, nil
}

// signalledFor reports whether the object of a handle, which is closed, is signalled
// for somebody who runs: a free mutex is his even if a sleeper was told to come for
// it.
func (n *Namespace) signalledFor(o *Object, owner uint32) bool {
	r := o.rec()
	if o.kind != backend.Mutex || owner&recursiveBit != 0 && payload(r.state.load()) == owner {
		return payload(r.state.load()) != 0
	}
	return n.freeze(o.index, r)
}

// commitIfAny commits what was put; a manual-reset event changes nothing.
func (n *Namespace) commitIfAny() {
	if n.pending > 0 {
		n.commit()
	}
}
