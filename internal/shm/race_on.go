//go:build race

package shm

import (
	"runtime"
	"unsafe"
)

// The race detector does not see atomic operations in mapped memory. What they
// order within this process it is told here: whoever signals releases, whoever
// consumes acquires, by the object's index. Objects share variables, which can
// only hide a race, not invent one.
var raceVars [256]byte

func raceVar(o *Object) unsafe.Pointer { return unsafe.Pointer(&raceVars[o.index%256]) }

func raceRelease(o *Object) { runtime.RaceReleaseMerge(raceVar(o)) }

func raceAcquireOne(o *Object) { runtime.RaceAcquire(raceVar(o)) }

func raceAcquire(refs []*Object) {
	for _, o := range refs {
		raceAcquireOne(o)
	}
}
