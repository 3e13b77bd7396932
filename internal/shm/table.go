package shm

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
)

// A shortage unwinds a locked section, before it has changed anything, when a
// table must grow; despite lets it grow, and the section begins anew.
type shortage struct {
	table tableID
	limit uint64 // of the table, when it was found full
}

func (s shortage) Error() string { return fmt.Sprintf("table %d is full", s.table) }

// take puts the removal of a free record into the log and gives its index.
// next is the word of the record that links free ones. Only one record of a
// table can be taken in one change.
func (n *Namespace) take(t tableID, next func(i uint32) *word) (uint32, error) {
	h := &n.header().tables[t]
	if i := uint32(h.free.load()); i != 0 {
		n.put(&h.free, uint64(second(next(i).load())))
		return i, nil
	}
	used := h.used.load()
	if limit := h.limit.load(); used >= limit {
		n.notBeyond(t, used, limit)
		n.pending = 0
		return 0, shortage{t, limit}
	}
	n.put(&h.used, used+1)
	return uint32(used), nil
}

// notBeyond makes sure that no more records are used than have memory, before a
// table grows: damage must not take all the memory that there is.
func (n *Namespace) notBeyond(t tableID, used, limit uint64) {
	if used > max(limit, 1) {
		n.damaged("table %d uses %d records and has %d", t, used, limit)
	}
}

// give puts the return of a list of records, linked by next, into the log.
func (n *Namespace) give(t tableID, firstIndex uint32, last *word) {
	h := &n.header().tables[t]
	n.put(last, h.free.load())
	n.put(&h.free, uint64(firstIndex))
}

// grow reserves memory for more records of a table that was found full at limit. It
// needs no lock: reserving twice does no harm, and limit only ever rises. A process
// that dies between the two has reserved for the next one.
func (n *Namespace) grow(t tableID, limit uint64) error {
	g := &geometries[t]
	h := &n.header().tables[t]
	if h.limit.load() != limit {
		return nil // somebody else has done it meanwhile
	}
	if limit >= g.max {
		return fmt.Errorf("%w: all %d records of table %d are in use", backend.ErrNoSpace, g.max, t)
	}
	next := min(limit+max(limit/2, g.step), g.max)
	// Whole pages: what is reserved is used.
	next = min((next*g.size+pageSize-1)/pageSize*pageSize/g.size, g.max)
	if err := n.sys.Reserve(int64(g.offset+limit*g.size), int64((next-limit)*g.size)); err != nil {
		return noSpace(err)
	}
	h.limit.cas(limit, next)
	return nil
}

// IsNoSpace reports whether an error of the system means that there is no
// memory left, or no more of it for this process.
func IsNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// noSpace adds to the error of a reservation, which says what to do about the file
// system, what the program itself can do.
func noSpace(err error) error {
	if IsNoSpace(err) {
		return fmt.Errorf("%w: %w, or close handles that are not needed", backend.ErrNoSpace, err)
	}
	return err
}

// taken gives the address of a record that take has handed out in a change
// that is not committed yet.
func (n *Namespace) taken(t tableID, i uint32) unsafe.Pointer {
	g := &geometries[t]
	if i == 0 || uint64(i) >= min(n.header().tables[t].limit.load(), g.max) {
		n.damaged("index %d of table %d is out of range", i, t)
	}
	return unsafe.Add(n.base, uintptr(g.offset)+uintptr(i)*uintptr(g.size))
}
