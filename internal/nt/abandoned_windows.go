package nt

import (
	"math/bits"

	"github.com/winsys-go/ipc/internal/win32"
)

// A look is what the mutexes of a wait for all were like before it. The kernel
// says only that one of them was abandoned, and forgets which as soon as they
// are locked.
type look struct {
	abandoned uint64
	owned     uint64 // by somebody who may abandon it yet
	mine      uint64 // owned by this thread
}

// lookAtMutexes takes the look, where it can matter.
func (c *call) lookAtMutexes() {
	if !c.all || bits.OnesCount64(c.mutexes) < 2 {
		return
	}
	c.look = look{}
	for i := range c.refs {
		if c.mutexes>>i&1 == 0 {
			continue
		}
		info, err := win32.QueryMutant(c.handles[i])
		switch {
		case err != nil:
			c.look.owned |= 1 << i
		case info.Abandoned != 0:
			c.look.abandoned |= 1 << i
		case info.OwnedByCaller != 0:
			c.look.mine |= 1 << i
		case info.Count <= 0:
			c.look.owned |= 1 << i
		}
	}
}

// whichAbandoned tells which mutexes were, given that one was. Rather one too
// many than one too few: who is told needlessly looks at what the mutex
// protects, and finds it in order. A wait that has blocked has seen nothing for
// a long time: a mutex that was free then may have had an owner who died.
func (c *call) whichAbandoned() uint64 {
	possible := c.look.abandoned | c.look.owned
	if c.blocked || possible == 0 {
		return c.mutexes &^ c.look.mine
	}
	return possible
}
