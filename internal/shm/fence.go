package shm

import "time"

// Who clears up after a dead process must know that none of its threads still
// runs: the kernel marks it dead when one has ended. A quick barrier of a
// microsecond ends them all, but reaches only processes that are fenced, and it
// takes the kernel some 10 ms to fence one. So a process is fenced when it has
// lived for a while, and says so in its slot. For one that dies before, whoever
// clears up asks the kernel whether the whole process has ended, all of its threads, as
// far as its program goes, which takes a fraction of a millisecond mostly. Where that
// cannot be asked, or is not so soon enough, a slow barrier is called for, which reaches
// every process. Either way the same word says so then.
//
// The word is fencedMark of a generation of the slot, and it is true for ever:
//
//   - The process itself writes it once it is fenced.
//   - Anybody else writes it when it has read the generation, then has seen that
//     the slot's process is dead, and then a slow barrier has gone by, or it has read
//     the process's number and then seen that it has ended. If the slot was freed in
//     between, the process of that generation was dead even before, whoever's death
//     and number were seen.
//
// So the mark of the present generation means that a quick barrier is enough.
// Any other value, such as that of an earlier process, means that it is not known,
// and costs asking again or a slow barrier and no more. Therefore all may write late,
// when the slot is another's: at worst they undo the mark of that one.
//
// The number in the slot of a dead process is its own, or it never had another thread
// here: the thread that claims a slot, whose end the mark of the dead tells of, writes
// the number before any other can use the slot. It is believed only in the pid
// namespace that it was written in. That has no number twice at a time, and gives none
// away again before all threads of the process that had it have ended. So it does not
// matter whose end is seen when the number is another's by now; and if that one lives,
// time runs out. An identity of a pid namespace is used again no earlier than all
// processes in it have ended, too. What damage makes of number and namespace is worth
// no more than what it makes of the mark.
//
// A process that dies between the barrier and the marks leaves it to the next one.

// Asking is bounded, since damage can make any slot look dead and any process look
// like its own.
const (
	mostAsked = 16                   // processes
	askingFor = 5 * time.Millisecond // for all of them: half of what a slow barrier takes
)

// fencedMark is what fenced says of a generation. It is never 0 for the first ones,
// since a new slot has nobody who is fenced.
func fencedMark(generation uint64) uint32 { return ^uint32(generation) }

// fence says that barriers reach this process.
func (n *Namespace) fence() {
	seen := n.self.fenced.load()
	if n.self.generation.load() == n.generation {
		n.self.fenced.cas(seen, fencedMark(n.generation))
	}
}

// unfenced reports whether a slot's process is dead and not fenced. The generation
// is read before the death.
func unfenced(r *slotRecord) bool {
	mark := fencedMark(r.generation.load())
	return isDead(r.alive.load()) && r.fenced.load() != mark
}

// fenceDead makes quick barriers enough for all who are dead, by one slow barrier at
// most. Not under the lock, nor with n.mu.
func (n *Namespace) fenceDead() {
	list := n.fenceEnded(n.unfencedDeaths())
	if len(list) == 0 {
		return
	}
	n.sys.SlowBarrier()
	for _, d := range list {
		d.fence()
	}
}

// A deathSeen is that of a process that was not fenced.
type deathSeen struct {
	r    *slotRecord
	seen uint32 // in place of the mark
	mark uint32 // of a generation that was read before the death was seen
}

func (d deathSeen) fence() { d.r.fenced.cas(d.seen, d.mark) }

func (n *Namespace) unfencedDeaths() (list []deathSeen) {
	limit := n.slotLimit()
	for i := uint32(1); i < limit; i++ {
		r := n.slotAt(i)
		if !isDead(r.alive.load()) {
			continue // most of them
		}
		d := deathSeen{r: r, mark: fencedMark(r.generation.load()), seen: r.fenced.load()}
		if d.seen != d.mark && isDead(r.alive.load()) {
			list = append(list, d)
		}
	}
	return list
}

// fenceEnded marks those whose processes have ended altogether. It waits for a little
// until they have, and gives the others.
func (n *Namespace) fenceEnded(list []deathSeen) (others []deathSeen) {
	asked, until := 0, n.sys.Now()+int64(askingFor)
	for _, d := range list {
		if asked < mostAsked && n.canAsk(d.r) {
			asked++
			within := time.Duration(max(0, until-n.sys.Now()))
			if n.sys.Ended(int(d.r.pid.load()), within) {
				d.fence()
				continue
			}
		}
		others = append(others, d)
	}
	return others
}

// canAsk reports whether the number of a slot's process means the same here.
func (n *Namespace) canAsk(r *slotRecord) bool {
	space := r.pidSpace.load()
	return space != 0 && space == n.sys.PIDSpace()
}
