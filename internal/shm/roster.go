package shm

import "iter"

// A roster has the waiters of this process by the index of their record. They
// stay as long as the process is in the namespace. n.mu guards it.
type roster struct {
	pages   [maxWaiters / rosterPage]*[rosterPage]*waiter
	count   int
	blocked int // how many wait, or have ended and are not released yet
}

const rosterPage = 512

func (r *roster) add(w *waiter) {
	page := &r.pages[w.index/rosterPage]
	if *page == nil {
		*page = new([rosterPage]*waiter)
	}
	(*page)[w.index%rosterPage] = w
	r.count++
}

// at gives the waiter of this process that has a record, or nil. The index comes from
// the segment, and may be any.
func (r *roster) at(index uint32) *waiter {
	if index >= maxWaiters || r.pages[index/rosterPage] == nil {
		return nil
	}
	return r.pages[index/rosterPage][index%rosterPage]
}

// blockedAt is at for one that waits.
func (r *roster) blockedAt(index uint32) *waiter {
	if w := r.at(index); w != nil && w.blocked {
		return w
	}
	return nil
}

// all gives those that wait, by the index of their records.
func (r *roster) all() iter.Seq[*waiter] {
	return func(yield func(*waiter) bool) {
		for _, page := range r.pages {
			if page == nil {
				continue
			}
			for _, w := range page {
				if w != nil && w.blocked && !yield(w) {
					return
				}
			}
		}
	}
}

// begin and end say that a waiter waits, and that it does not any more.
func (r *roster) begin(w *waiter) {
	w.blocked = true
	r.blocked++
}

func (r *roster) end(w *waiter) {
	w.blocked = false
	r.blocked--
}
