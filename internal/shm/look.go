package shm

import (
	"math/bits"
	"slices"

	"github.com/winsys-go/ipc/internal/backend"
)

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
	// That of one that has left is free; see freed.
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
