package shm

import (
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// A request is what somebody waits for. Those who ask keep it on their stacks; a
// wait that blocks has a copy in its waiter. So a wait allocates nothing, and
// the slices, which are as long as refs, are never replaced.
type request struct {
	refs     []*Object
	owners   []uint32 // who gets a mutex; 0 for other objects
	unique   []uint8  // of one that is queued: first the indices of refs without repetitions of an object
	distinct int      // how many those are
	owned    bool     // there are mutexes among them
	all      bool
}

// objects gives the indices of the objects, each once.
func (r *request) objects() []uint8 { return r.unique[:r.distinct] }

// resolve finds out who would own the mutexes, and that no object stands twice in
// a wait for all.
func (r *request) resolve(n *Namespace, owner *Owner) error {
	if r.owned {
		for i, o := range r.refs {
			id, err := owner.idIn(n, o)
			if err != nil {
				return err
			}
			r.owners[i] = id
		}
	}
	if r.all {
		return r.distinguish()
	}
	return nil
}

// distinguish finds out which objects stand there twice.
func (r *request) distinguish() error {
	r.distinct = 0
	var seen [4]uint64 // of which objects of the same low bits came before
	for i, o := range r.refs {
		word, bit := &seen[o.index>>6%4], uint64(1)<<(o.index%64)
		if *word&bit != 0 {
			if earlier := indexOf(r.refs[:i], o); earlier >= 0 && r.all {
				return errTwice(earlier, i)
			} else if earlier >= 0 {
				continue
			}
		}
		*word |= bit
		r.unique[r.distinct] = uint8(i)
		r.distinct++
	}
	return nil
}

func errTwice(a, b int) error {
	return fmt.Errorf("objects %d and %d are the same, which a wait for all cannot have: %w", a, b, backend.ErrInvalid)
}

// indexOf finds an object, through whatever handle.
func indexOf(refs []*Object, o *Object) int {
	for i, x := range refs {
		if x.index == o.index {
			return i
		}
	}
	return -1
}
