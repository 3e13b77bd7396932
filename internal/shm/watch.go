package shm

import "time"

// Deaths are noticed in a ring: the watcher of each process, which is the
// thread whose end the kernel marks in the process's slot, sleeps on one word
// of each of the next few live slots, and on its own bell. Whoever joins or frees
// a slot rings the bells of the few before it. Whoever joins may die before it has
// done so. Therefore it rings them before it claims the slot, too, and if the lowest
// free slot is among the next, which is the one that will be claimed, a watcher sleeps
// on that one's word as well.

// watched is the number of slots that each process watches. More than one,
// since a watcher may be stopped, or die at the same time.
const watched = 3

// knell gives the word of a slot that watcher number k before it sleeps on, from 0.
// It has the value of alive, from shortly after the claim on, and is marked after that.
//
// Each watcher has one of its own, since the kernel wakes one sleeper of a word, be it
// a thread that was killed, too, and does not come out any more. So each of many that
// die at a time wakes the three before it, and whoever of those lives reaps it and looks
// for the next. While processes join or leave, two may think for a moment that they are
// the same number.
func (r *slotRecord) knell(k int) *half {
	switch k {
	case 0:
		return &r.alive
	case 1:
		return &r.alive2
	default:
		return &r.alive3
	}
}

// watch reaps the processes that die, until this one leaves.
func (n *Namespace) watch() {
	for {
		// The bell is read before all else: what changes later rings it.
		bell := n.self.bell.load()
		if n.stopping.Load() {
			return
		}
		words, values, dead := n.nextSlots([]*uint32{(*uint32)(&n.self.bell)}, []uint32{bell})
		if dead == 0 {
			n.sys.SleepAny(words, values)
		} else if n.reap(dead) != nil {
			// The segment is damaged, or its lock stuck: no reason to spin.
			n.sys.Sleep(words[0], bell, time.Second)
		}
	}
}

// nextSlots adds this process's knells of the next live slots, and of the lowest free one
// if that is among them, or finds a dead one.
func (n *Namespace) nextSlots(words []*uint32, values []uint32) ([]*uint32, []uint32, uint32) {
	limit := n.slotLimit()
	free, live := n.lowestFree(limit), 0
	i := n.slotIndex
	for range limit {
		if i++; i >= limit {
			i = 1
		}
		if i == n.slotIndex || live == watched {
			break
		}
		r := n.slotAt(i)
		knell := r.knell(live)
		value := knell.load() // before alive: if it is marked, so is that
		alive := r.alive.load()
		switch {
		case alive != 0 && n.probe(i, r):
			return words, values, i
		case alive != 0:
			live++
		case i > free || len(words) > 2*watched:
			continue // not the lowest, even if some below were freed meanwhile
		}
		words = append(words, (*uint32)(knell))
		values = append(values, value)
	}
	return words, values, 0
}

// lowestFree gives the slot that the next process will claim, or limit if the table
// must grow for it.
func (n *Namespace) lowestFree(limit uint32) uint32 {
	for i := uint32(1); i < limit; i++ {
		if n.slotAt(i).alive.load() == 0 {
			return i
		}
	}
	return limit
}

func (n *Namespace) slotLimit() uint32 {
	return uint32(min(n.header().tables[slotTable].limit.load(), maxSlots))
}

// ringPredecessors rings the live slots that should watch slot i, and the dead
// between them.
func (n *Namespace) ringPredecessors(i uint32) {
	limit := n.slotLimit()
	rung := 0
	for j, k := i, uint32(0); k < limit && rung < watched; k++ {
		if j--; j == 0 || j >= limit {
			j = limit - 1
		}
		if j == i {
			return
		}
		r := n.slotAt(j)
		alive := r.alive.load()
		if alive == 0 || j == n.slotIndex {
			continue
		}
		n.ringBell(r)
		if !isDead(alive) {
			rung++
		}
	}
}
