package shm

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// Info describes the object.
func (o *Object) Info() (backend.Info, error) {
	var info backend.Info
	err := o.locked(func(r *objectRecord) error {
		info = o.n.describe(r)
		return nil
	})
	return info, err
}

// Objects describes all objects that somebody has open or that are permanent,
// each at one instant. It takes the lock for each object anew, so that it holds
// nobody up.
func (n *Namespace) Objects() ([]backend.Info, error) {
	if err := n.stillThere(); err != nil {
		return nil, err
	}
	n.reapDead()
	var list []backend.Info
	for i := uint32(1); ; i++ {
		info, err := n.inspect(i)
		switch {
		case errors.Is(err, errNoMore):
			slices.SortStableFunc(list, func(a, b backend.Info) int { return strings.Compare(a.Name, b.Name) })
			return list, nil
		case err != nil:
			return nil, err
		case info != nil:
			list = append(list, *info)
		}
	}
}

var errNoMore = errors.New("no more objects")

// inspect describes the object at index i of the table, if there is one.
func (n *Namespace) inspect(i uint32) (info *backend.Info, err error) {
	err = n.locked(func() error {
		if uint64(i) >= n.header().tables[objectTable].used.load() {
			return errNoMore
		}
		r := n.object(i)
		if isPart(r) {
			return nil
		}
		if r.handles.load() == 0 && (r.kind.load()&flagPermanent == 0 || !n.isNamed(i, r)) {
			return nil
		}
		d := n.describe(r)
		info = &d
		return nil
	})
	return info, err
}

// isNamed reports whether object i can be found by its name, which tells a
// permanent object from a free record.
func (n *Namespace) isNamed(i uint32, r *objectRecord) bool {
	if r.name.load() == 0 {
		return false
	}
	return n.lookup(n.nameOf(r)) == i
}

// describe reads an object. The lock is held.
func (n *Namespace) describe(r *objectRecord) backend.Info {
	kind, s := r.kind.load(), r.state.load()
	info := backend.Info{
		Kind:        kindOf(kind),
		Name:        n.nameOf(r),
		Permanent:   kind&flagPermanent != 0,
		ManualReset: kind&flagManual != 0,
		Reclaim:     kind&flagReclaim != 0,
		Signaled:    payload(s) != 0,
	}
	switch info.Kind {
	case backend.Mutex:
		flag, free := n.freed(s)
		info.Signaled = free
		info.Abandoned = (s|flag)&abandoned != 0
		if !free {
			c := n.client(ownerSlot(payload(s)))
			info.Owner = &c
		}
	case backend.Semaphore:
		info.Count, info.Max = int(payload(s)), int(r.max.load())
	case backend.Timer:
		n.describeTimer(r, &info)
	case backend.Mailslot:
		n.describeMailslot(r, &info)
	}
	info.HeldOpen = n.holders(r)
	for _, h := range info.HeldOpen {
		info.Handles += h.Handles
	}
	info.Waiting = n.waits(r)
	info.Waiters = len(info.Waiting)
	return info
}

func (n *Namespace) describeTimer(r *objectRecord, info *backend.Info) {
	clock := r.clock.load()
	if clock == clockNone {
		return
	}
	info.Period = time.Duration(r.period.load())
	now, due := n.clockNow(clock), r.due.load()
	if due <= now {
		info.Signaled = true // nobody has looked since
	}
	info.Armed = due > now || info.Period > 0
	info.Due = time.Duration(due - now)
	if clock == clockWall {
		info.DueAt = time.Unix(0, int64(due))
	}
}

func (n *Namespace) describeMailslot(r *objectRecord, info *backend.Info) {
	ring := n.ringRecord(uint32(r.max.load()))
	reader := n.client(first(ring.object.load()))
	info.Name = strings.TrimPrefix(info.Name, mailslotMark)
	info.Signaled = !ring.empty()
	info.Mailslot = &backend.MailslotInfo{
		MaxMessage:  int64(ring.most.load()),
		Queue:       int64(ring.size.load()),
		Next:        -1,
		Messages:    ring.messages(),
		Bytes:       int64(ring.used()),
		ReadTimeout: time.Duration(ring.timeout.load()),
		Reader:      &reader,
	}
	if r.kind.load()&flagEnded != 0 {
		info.Mailslot.Reader = nil
	}
}

// holders are the processes that have an object open, in no order.
func (n *Namespace) holders(r *objectRecord) []backend.Holder {
	var list []backend.Holder
	at := map[uint32]int{}
	for _, rec := range n.handlesOf(r) {
		slot := second(rec.place.load())
		k, ok := at[slot]
		if !ok {
			k = len(list)
			at[slot] = k
			list = append(list, backend.Holder{Client: n.client(slot)})
		}
		list[k].Handles++
		list[k].Permits += int(permitsOf(r, rec))
	}
	return list
}

// waits are the blocked waits for an object, in the order of their arrival.
func (n *Namespace) waits(r *objectRecord) []backend.Waiter {
	var list []backend.Waiter
	for w := range n.waitersOf(r) {
		if c := n.client(first(w.who.load())); !c.Dead {
			list = append(list, backend.Waiter{
				Client: c,
				All:    second(w.who.load())&waitAllBit != 0,
				Count:  n.entries(w),
			})
		}
	}
	return list
}
