package model

import (
	"slices"
	"time"
)

// The numbers that operations name things by. They rise and are never used
// again, so a number that is not found belongs to something that is gone.
type (
	ProcessID int
	OwnerID   int
	HandleID  int
	ObjectID  int
	WaiterID  int
)

// NoOwner stands for the absence of an Owner: each mutex handle acts for
// itself.
const NoOwner OwnerID = 0

// A World is one namespace with everybody who uses it. Its fields are open to
// printing and storing; only the methods may change them.
type World struct {
	Now  time.Duration // the monotonic clock, since the world began
	Wall time.Time     // the time of day, which can be set

	// Each list is in the order of creation, which is that of the numbers.
	Processes []*Process
	Owners    []*Owner
	Handles   []*Handle
	Objects   []*Object
	Waiters   []*Waiter // the blocked ones, the longest wait first
	Ended     []*Waiter // those that have ended since Completed was asked

	Last int // the highest number in use

	// Barging is set by those who compare the model with an engine that lets
	// a free mutex go to whoever runs: a blocked wait for a mutex succeeds
	// only when Grant says so.
	Barging bool
}

// A Handle is one process's access to an object.
type Handle struct {
	ID      HandleID
	Process ProcessID
	Object  ObjectID
}

// New makes an empty world at a time of day.
func New(wall time.Time) *World { return &World{Wall: wall.Round(0)} }

// Clone copies the world. The copy and the original understand the same
// numbers, and give the same ones to what is created next.
func (w *World) Clone() *World {
	c := *w
	c.Processes = copies(w.Processes)
	c.Owners = copies(w.Owners)
	c.Handles = copies(w.Handles)
	c.Objects = copies(w.Objects)
	for _, o := range c.Objects {
		o.Held = slices.Clone(o.Held)
	}
	c.Waiters = copies(w.Waiters)
	c.Ended = copies(w.Ended)
	return &c
}

func copies[T any](list []*T) []*T {
	c := slices.Clone(list)
	for i, r := range c {
		r := *r
		c[i] = &r
	}
	return c
}

func (w *World) next() int {
	w.Last++
	return w.Last
}

// A record is an entry of one of the world's lists.
type record interface{ number() int }

func (p *Process) number() int { return int(p.ID) }
func (o *Owner) number() int   { return int(o.ID) }
func (h *Handle) number() int  { return int(h.ID) }
func (o *Object) number() int  { return int(o.ID) }
func (x *Waiter) number() int  { return int(x.ID) }

// find gives the record with a number; nil when it is gone.
func find[R record](list []R, number int) (r R) {
	at, ok := position(list, number)
	if ok {
		r = list[at]
	}
	return r
}

// without removes the record with a number from a list.
func without[R record](list []R, number int) []R {
	if at, ok := position(list, number); ok {
		list = slices.Delete(list, at, at+1)
	}
	return list
}

// those gives the records of a list that fulfil a condition.
func those[R record](list []R, condition func(R) bool) (found []R) {
	for _, r := range list {
		if condition(r) {
			found = append(found, r)
		}
	}
	return found
}

func position[R record](list []R, number int) (int, bool) {
	return slices.BinarySearchFunc(list, number, func(r R, number int) int { return r.number() - number })
}

func (w *World) object(id ObjectID) *Object { return find(w.Objects, int(id)) }

func (w *World) lives(p ProcessID) bool { return find(w.Processes, int(p)) != nil }

func (w *World) handlesTo(o *Object) []*Handle {
	return those(w.Handles, func(h *Handle) bool { return h.Object == o.ID })
}
