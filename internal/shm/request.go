package shm

import (
	"fmt"
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
)

// A request is what somebody waits for. Requests are reused, so that a wait
// that blocks allocates nothing. There are small ones and ones for maxWait
// objects, since each of a hundred thousand goroutines that are blocked has one.
type request struct {
	refs   []*Object
	owners []uint32 // who gets a mutex; 0 for other objects
	unique []uint8  // indices of refs, without repetitions of an object
	all    bool
}

const smallRequest = 2

var (
	smallRequests = sync.Pool{New: func() any { return makeRequest(smallRequest) }}
	largeRequests = sync.Pool{New: func() any { return makeRequest(maxWait) }}
)

func makeRequest(room int) *request {
	return &request{refs: make([]*Object, 0, room), owners: make([]uint32, room), unique: make([]uint8, 0, room)}
}

func requestsFor(objects int) *sync.Pool {
	if objects <= smallRequest {
		return &smallRequests
	}
	return &largeRequests
}

func newRequest(refs []*Object, all bool) *request {
	r := requestsFor(len(refs)).Get().(*request)
	r.refs = append(r.refs[:0], refs...)
	r.all = all
	return r
}

func (r *request) free() {
	clear(r.refs)
	requestsFor(cap(r.refs)).Put(r)
}

// resolve finds out who would own the mutexes, and which objects stand there
// twice.
func (r *request) resolve(n *Namespace, owner *Owner) error {
	r.owners, r.unique = r.owners[:len(r.refs)], r.unique[:0]
	var seen [4]uint64 // of which objects of the same low bits came before
	for i, o := range r.refs {
		id, err := owner.idIn(n, o)
		if err != nil {
			return err
		}
		r.owners[i] = id
		word, bit := &seen[o.index>>6%4], uint64(1)<<(o.index%64)
		if *word&bit != 0 {
			if earlier := indexOf(r.refs[:i], o); earlier >= 0 && r.all {
				return fmt.Errorf("objects %d and %d are the same, which a wait for all cannot have: %w", earlier, i, backend.ErrInvalid)
			} else if earlier >= 0 {
				continue
			}
		}
		*word |= bit
		r.unique = append(r.unique, uint8(i))
	}
	return nil
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
