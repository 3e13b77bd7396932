package shm

// Who clears up after a dead process must know that none of its threads still
// runs: the kernel marks it dead when one has ended. A quick barrier of a
// microsecond ends them all, but reaches only processes that are fenced, and it
// takes the kernel some 10 ms to fence one. So a process is fenced when it has
// lived for a while, and says so in its slot. For one that dies before, whoever
// clears up calls for a slow barrier, which reaches every process, and says so in
// the same word.
//
// The word is fencedMark of a generation of the slot, and it is true for ever:
//
//   - The process itself writes it once it is fenced.
//   - Anybody else writes it when it has read the generation, then has seen that
//     the slot's process is dead, and then a slow barrier has gone by. If the slot
//     was freed in between, the process of that generation was dead even before.
//
// So the mark of the present generation means that a quick barrier is enough.
// Any other value, such as that of an earlier process, means that it is not known,
// and costs a slow barrier and no more. Therefore both may write late, when the
// slot is another's: at worst they undo the mark of that one.
//
// A process that dies between the barrier and the marks leaves it to the next one.

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

// fenceDead makes quick barriers enough for all who are dead, by one slow barrier.
// Not under the lock, nor with n.mu.
func (n *Namespace) fenceDead() {
	type dead struct {
		r          *slotRecord
		seen, mark uint32
	}
	var list []dead
	limit := n.slotLimit()
	for i := uint32(1); i < limit; i++ {
		r := n.slotAt(i)
		if !isDead(r.alive.load()) {
			continue // most of them
		}
		d := dead{r: r, mark: fencedMark(r.generation.load()), seen: r.fenced.load()}
		if d.seen != d.mark && isDead(r.alive.load()) {
			list = append(list, d)
		}
	}
	n.sys.SlowBarrier()
	for _, d := range list {
		d.r.fenced.cas(d.seen, d.mark)
	}
}
