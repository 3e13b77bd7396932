package shm

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/turn"
)

// An Owner owns mutexes in the place of their handles, and counts how often it
// has locked each. The counts are private: other processes need to know only
// who owns a mutex, and if the owner dies the count is forgotten.
//
// The zero value is an owner of nothing. A nil *Owner stands for "each handle
// for itself".
type Owner struct {
	turn.Turn // of its calls

	// mu is taken after a Namespace's mu, where both are.
	mu   sync.Mutex
	ids  map[*Namespace]uint32
	held map[holding]int

	// The wait that the call is blocked in, and its number. They are stored
	// under the namespace's lock, where no Go mutex may be waited for.
	wait atomic.Pointer[waiter]
	use  atomic.Uint64
}

// A holding is a mutex that an Owner owns.
type holding struct {
	n     *Namespace
	index uint32
	base  uint64
}

func holdingOf(o *Object) holding { return holding{o.n, o.index, o.base} }

func (w *Owner) isClosed() bool { return w != nil && w.Closed() }

// idIn gives the name under which w, or the handle itself, owns the mutex o;
// 0 for objects that are not owned.
func (w *Owner) idIn(n *Namespace, o *Object) (uint32, error) {
	if o.kind != backend.Mutex {
		return 0, nil
	}
	if w == nil {
		return o.owner, nil
	}
	w.mu.Lock()
	id, ok := w.ids[n]
	w.mu.Unlock()
	if ok {
		return id, nil
	}
	n.mu.Lock()
	number, err := n.owners.take()
	n.mu.Unlock()
	if err != nil {
		return 0, err
	}
	id = ownerID(n.slotIndex, number|recursiveBit)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ids == nil {
		w.ids = map[*Namespace]uint32{}
		w.held = map[holding]int{}
	}
	w.ids[n] = id
	return id, nil
}

// setWait notes the wait that w is blocked in. It reports whether w was closed
// meanwhile, so that the wait must end: Close stores first and looks then, and so
// does this.
func (w *Owner) setWait(x *waiter) (closed bool) {
	if w == nil {
		return false
	}
	if x != nil {
		w.use.Store(x.use)
	}
	w.wait.Store(x)
	return w.Closed()
}

// note counts the mutexes that a wait has locked.
func (w *Owner) note(n *Namespace, req *request, result backend.WaitResult) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !req.all {
		w.count(req.refs[result.Index])
		return
	}
	for _, o := range req.refs {
		w.count(o)
	}
}

func (w *Owner) count(o *Object) {
	if o.kind == backend.Mutex {
		w.held[holdingOf(o)]++
	}
}

// Adopt makes w, between Begin and End, the owner of m, which its handle owns
// and has just created.
func (w *Owner) Adopt(m *Mutex) error {
	id, err := w.idIn(m.n, &m.Object)
	if err != nil {
		return err
	}
	err = m.locked(func(r *objectRecord) error {
		m.n.close(r)
		r.state.store(withPayload(r.state.load(), id))
		return nil
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count(&m.Object)
	return nil
}

// Unlock undoes one lock of m.
func (w *Owner) Unlock(m *Mutex) error {
	if m.open.Load() == 0 {
		return backend.ErrClosed
	}
	if err := w.Begin(); err != nil {
		return err
	}
	defer w.End()
	count, id := w.holding(&m.Object)
	switch {
	case count == 0:
		return backend.ErrNotOwner
	case count == 1:
		if err := m.unlockAs(id); err != nil {
			return err
		}
	}
	w.lower(&m.Object)
	return nil
}

// holding tells how often w has locked a mutex, and as whom.
func (w *Owner) holding(o *Object) (count int, id uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held[holdingOf(o)], w.ids[o.n]
}

// lower counts one unlock.
func (w *Owner) lower(o *Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := holdingOf(o)
	if w.held[h]--; w.held[h] == 0 {
		delete(w.held, h)
	}
}

// Close ends the owner: its wait returns ErrClosed, and what it owns is
// abandoned.
func (w *Owner) Close() error {
	ended, first := w.Turn.Close()
	if !first {
		return nil
	}
	if ended != nil {
		w.endWait()
		receive(ended)
	}
	w.mu.Lock()
	held, ids := w.held, w.ids
	w.held, w.ids = nil, nil
	w.mu.Unlock()

	var failed error
	oldest := func(a, b holding) int { return cmp.Compare(a.index, b.index) }
	for _, h := range slices.SortedFunc(maps.Keys(held), oldest) {
		if err := h.n.abandonHolding(h, ids[h.n]); err != nil && failed == nil {
			failed = err
		}
	}
	for n, id := range ids {
		n.mu.Lock()
		n.owners.give(id & ownerNumberMask)
		n.mu.Unlock()
	}
	return failed
}

// endWait ends the wait that w is blocked in, if any.
func (w *Owner) endWait() {
	if x := w.wait.Load(); x != nil {
		x.close(w.use.Load())
	}
}

// abandonHolding abandons a mutex that may be gone already.
func (n *Namespace) abandonHolding(h holding, owner uint32) error {
	err := n.locked(func() error {
		r := n.object(h.index)
		if generation(r.state.load()) == h.base {
			n.pass(h.index, r, owner, abandoned)
		}
		return nil
	})
	if err == backend.ErrClosed {
		return nil // the namespace was closed, which abandons everything
	}
	return err
}

// close ends wait number use of x as if its handle had been closed.
func (x *waiter) close(use uint64) { x.withdraw(use, claimClosed, backend.ErrClosed) }

// ownerNumbers hands out the numbers of owners of one process, each as late
// again as possible: a lock that is late by the whole life of a handle must
// not be taken for that of another.
type ownerNumbers struct {
	used [(1 << ownerNumberBits) / 64]uint64
	last uint32
}

// start begins elsewhere than the process that had the slot before, of which a
// late lock may still be on its way.
func (s *ownerNumbers) start(generation uint64) { s.last = uint32(generation*4099) & ownerNumberMask }

func (s *ownerNumbers) take() (uint32, error) {
	for range 1 << ownerNumberBits {
		s.last = (s.last + 1) & ownerNumberMask
		bit := uint64(1) << (s.last % 64)
		// The last number would make an owner that looks like frozen.
		if s.last != 0 && s.last != ownerNumberMask && s.used[s.last/64]&bit == 0 {
			s.used[s.last/64] |= bit
			return s.last, nil
		}
	}
	return 0, fmt.Errorf("%w: this process has %d owners of mutexes: close handles that are not needed", backend.ErrNoSpace, ownerNumberMask)
}

func (s *ownerNumbers) give(number uint32) {
	s.used[number/64] &^= 1 << (number % 64)
}
