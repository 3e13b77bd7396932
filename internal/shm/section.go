package shm

import (
	"errors"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// A section is what runs under the namespace's lock:
//
//	if err := n.enter(); err != nil {
//		return err
//	}
//	defer n.exit(&err)
//	…
//	n.finish()
//
// Most are functions that locked is given. An error must leave everything as it
// was.

// maxTries bounds how often a section begins anew, after a table has grown or a
// dead process was reaped.
const maxTries = 1000

// locked runs do under the namespace's lock, then wakes whom do has granted
// anything. An error of do must leave everything as it was. locked fails
// without running do when the namespace is closed, damaged, or its lock is
// held by a process that does not move.
func (n *Namespace) locked(do func() error) error {
	return n.despite(n.lockedOnce(do), func() error { return n.lockedOnce(do) })
}

// despite runs a section again that has ended with err, as long as that is something
// that it has stumbled on and that can be removed.
func (n *Namespace) despite(err error, section func() error) error {
	for try := 0; err != nil; try++ {
		if try == maxTries {
			return fmt.Errorf("%w: what stands in the way of the operation comes back again and again", backend.ErrCorrupt)
		}
		if err = n.makeWay(err); err != nil {
			return err
		}
		err = section()
	}
	return nil
}

// makeWay removes what a section has stumbled on, as err says, if it is of the
// kind that can be removed.
func (n *Namespace) makeWay(err error) error {
	var s shortage
	var d deadHolder
	switch {
	case errors.As(err, &s):
		return n.grow(s.table, s.limit)
	case errors.As(err, &d):
		return n.reap(d.slot)
	}
	return err
}

// deadHolder unwinds a section, before it has changed anything, that has met a
// dead process whose share must be cleared up first.
type deadHolder struct{ slot uint32 }

func (d deadHolder) Error() string { return fmt.Sprintf("slot %d is dead", d.slot) }

func (n *Namespace) lockedOnce(do func() error) error {
	if err := n.admit(); err != nil {
		return err
	}
	return n.section(do)
}

// section is lockedOnce for those who have n.mu, which it lets go.
func (n *Namespace) section(do func() error) (err error) {
	if err := n.begin(); err != nil {
		return err
	}
	defer n.exit(&err)
	err = do()
	n.finish()
	return err
}

// enter begins a section. Without an error exit must be deferred next.
func (n *Namespace) enter() error {
	if err := n.admit(); err != nil {
		return err
	}
	return n.begin()
}

// admit takes n.mu, unless the namespace is closed.
func (n *Namespace) admit() error {
	n.mu.Lock()
	if n.closed && !n.leaving {
		n.mu.Unlock()
		return backend.ErrClosed
	}
	return nil
}

// begin is enter for those who have n.mu, which it lets go on failure.
func (n *Namespace) begin() error {
	recoverFirst, err := n.lock()
	if err != nil {
		n.mu.Unlock()
		return err
	}
	n.pin()
	if recoverFirst {
		if err := n.guarded(n.recover); err != nil {
			n.end()
			return err
		}
	}
	return nil
}

// exit ends a section, and turns damage that it has met into its error. The
// segment is left in a state that recovery can work with: nothing half done,
// except what the damage itself prevents.
func (n *Namespace) exit(err *error) {
	switch r := recover().(type) {
	case nil:
		if len(n.touched) > 0 { // it has failed
			if e := n.guarded(n.finish); e != nil {
				*err = e
			}
		}
	case corruption:
		*err = n.abort(r)
	default:
		panic(r) // not ours to stop
	}
	n.end()
}

// end lets everything go, and wakes whom the section has granted anything.
func (n *Namespace) end() {
	n.unpin()
	n.unlock()
	wakes := n.wakes
	n.wakes.reset()
	n.mu.Unlock()
	n.deliver(&wakes)
}

// guarded runs do within a section, outside of what exit guards.
func (n *Namespace) guarded(do func()) error {
	if damage := attempt(do); damage != nil {
		return n.abort(damage)
	}
	return nil
}

// abort gives up a change that met damage: one that was committed is finished,
// any other forgotten.
func (n *Namespace) abort(cause error) error {
	n.pending = 0
	n.touched = n.touched[:0]
	n.holding, n.telling = false, false
	n.untold = n.untold[:0]
	attempt(n.thawAll) // as far as it goes
	n.frozen = n.frozen[:0]
	if n.header().logCount.load() != 0 {
		if err := attempt(n.redo); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %s", backend.ErrCorrupt, cause)
}

// attempt runs do, and gives the damage that it has met.
func attempt(do func()) (damage error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case corruption:
			damage = r
		default:
			panic(r)
		}
	}()
	do()
	return nil
}
