//go:build ipcseam

package shm

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

	"github.com/winsys-go/ipc/internal/backend"
)

// A run is right if there is an order of its calls, each at a moment between its
// call and its return, in which a plain queue gives the same results and ends
// with the same messages; see explore_check_test.go. What the dead were about
// to do may have happened or not.

// A mailbox is what a mailslot is to the specification.
type mailbox struct {
	reader int // its number
	proc   int // whose it is
	ended  bool
	queue  []*mailRecord // the Puts
}

// A mailPoint is how far an attempt has come.
type mailPoint struct {
	done  uint64
	boxes []mailbox
	opens map[int]int // which box a writer has open
	set   bool        // the event
}

type mailSearch struct {
	h     *mailRun
	seen  map[string]bool
	nodes int
	left  []int // the messages that are there in the end
	alive bool  // the mailslot has a reader in the end
	best  int
	why   string
}

// check looks at the end of a run, and then for an order that explains it.
func (h *mailRun) check() error {
	observer := h.m.procs[h.plan.procs].n
	if err := observer.locked(observer.verify); err != nil {
		return fmt.Errorf("the segment: %w", err)
	}
	for p := range h.dying {
		return fmt.Errorf("P%d is dead and not reaped", p.number)
	}
	if len(h.records) > 64 {
		return fmt.Errorf("a plan of %d calls is too long", len(h.records))
	}
	s := &mailSearch{h: h, seen: map[string]bool{}}
	if err := s.lookAtEnd(); err != nil {
		return err
	}
	start := mailPoint{boxes: []mailbox{{}}, opens: map[int]int{}}
	for proc := range h.plan.procs {
		start.opens[proc] = 0
	}
	if s.from(start) {
		return nil
	}
	if s.nodes >= maxNodes {
		return fmt.Errorf("undecided after %d attempts", s.nodes)
	}
	return fmt.Errorf("no order explains it; the best one ends because %s; in the end there are messages %v", s.why, s.left)
}

// lookAtEnd takes out what is in the mailslot, if it has a reader.
func (s *mailSearch) lookAtEnd() error {
	for k, m := range s.h.readers {
		if m.n == nil || m.closed || s.h.ownerOf(k).dead || s.h.ownerOf(k).leaves {
			continue
		}
		s.alive = true
		for {
			id, _, err := mailID(m.TryGet())
			if err == backend.ErrMailslotEmpty {
				break
			}
			if err != nil {
				return fmt.Errorf("reading in the end: %w", err)
			}
			s.left = append(s.left, id)
		}
	}
	return nil
}

func (h *mailRun) ownerOf(reader int) *simProcess {
	for _, r := range h.records {
		if r.verb == mCreate && r.which == reader {
			return h.m.procs[r.proc]
		}
	}
	return h.m.procs[0]
}

func (p *mailPoint) clone() mailPoint {
	c := *p
	c.boxes = slices.Clone(p.boxes)
	c.opens = make(map[int]int, len(p.opens))
	for w, b := range p.opens {
		c.opens[w] = b
	}
	return c
}

func (p *mailPoint) String() string {
	s := fmt.Sprint(p.done, p.set, p.opens)
	for _, b := range p.boxes {
		s += fmt.Sprint(b.reader, b.ended)
		for _, r := range b.queue {
			s += fmt.Sprint(" ", r.id)
		}
	}
	return s
}

// from reports whether the rest of the run can be explained from p.
func (s *mailSearch) from(p mailPoint) bool {
	if s.nodes++; s.nodes > maxNodes || s.nodes > simple && s.known(&p) {
		return false
	}
	if s.complete(&p) {
		return true
	}
	limit := noEnd
	for i, r := range s.h.records {
		if p.done&(1<<i) == 0 {
			limit = min(limit, r.end)
		}
	}
	for _, i := range s.byEnd() {
		r := s.h.records[i]
		if p.done&(1<<i) != 0 || r.begin > limit || s.h.last(r) < s.begun(&p) {
			continue
		}
		c := p.clone()
		c.done |= 1 << i
		if s.happens(&c, i, r) && s.from(c) {
			return true
		}
		if r.verb == mCloseReader && s.isClosedBeside(r) {
			c := p.clone()
			c.done |= 1 << i
			if s.from(c) {
				return true
			}
		}
	}
	return false
}

// last is the last moment of a call, or of its process.
func (h *mailRun) last(r *mailRecord) int {
	last := r.end
	for _, d := range h.records {
		if d.verb == mDie && d.proc == r.proc {
			last = min(last, d.end)
		}
	}
	return last
}

// begun is when the last of those that have happened was called.
func (s *mailSearch) begun(p *mailPoint) (last int) {
	for i, r := range s.h.records {
		if p.done&(1<<i) != 0 {
			last = max(last, r.begin)
		}
	}
	return last
}

// isClosedBeside reports whether somebody else closes what r closes: then a
// Close does not wait for the other.
func (s *mailSearch) isClosedBeside(r *mailRecord) bool {
	return slices.ContainsFunc(s.h.records, func(c *mailRecord) bool {
		closes := c.verb == mLeave && c.proc == r.proc || c.verb == mCloseReader && c.which == r.which
		return c != r && closes && c.begin < r.end && c.end > r.begin
	})
}

func (s *mailSearch) known(p *mailPoint) bool {
	key := p.String()
	if s.seen[key] {
		return true
	}
	s.seen[key] = true
	return false
}

// byEnd gives the records in the most likely order.
func (s *mailSearch) byEnd() (list []int) {
	for i := range s.h.records {
		list = append(list, i)
	}
	slices.SortStableFunc(list, func(a, b int) int { return s.h.records[a].end - s.h.records[b].end })
	return list
}

// fail remembers why the attempt that came furthest ended.
func (s *mailSearch) fail(p *mailPoint, format string, args ...any) bool {
	if n := bits.OnesCount64(p.done); n >= s.best {
		s.best, s.why = n, fmt.Sprintf(format, args...)
	}
	return false
}

// complete: everything has happened that must have, who is blocked has reason
// to, and the messages are those that are there.
func (s *mailSearch) complete(p *mailPoint) bool {
	for i, r := range s.h.records {
		if p.done&(1<<i) != 0 || s.h.m.procs[r.proc].dead && r.end == noEnd {
			continue
		}
		if r.end != noEnd || !s.mayBlock(p, r) {
			return s.fail(p, "%v must have come to an end", r)
		}
	}
	var queue []int
	b := p.live()
	if b != nil {
		for _, r := range b.queue {
			queue = append(queue, r.id)
		}
	}
	if (b != nil) != s.alive || !slices.Equal(queue, s.left) {
		return s.fail(p, "the messages must be %v", queue)
	}
	return true
}

// live is the mailslot that has a reader.
func (p *mailPoint) live() *mailbox {
	for i := range p.boxes {
		if !p.boxes[i].ended {
			return &p.boxes[i]
		}
	}
	return nil
}

// of is the mailslot of a reader.
func (p *mailPoint) of(reader int) *mailbox {
	for i := range p.boxes {
		if p.boxes[i].reader == reader {
			return &p.boxes[i]
		}
	}
	return nil
}

// fits reports whether there is room for what r sends.
func (s *mailSearch) fits(b *mailbox, r *mailRecord) bool {
	used := wordsOf(uint64(r.size))
	for _, x := range b.queue {
		used += wordsOf(uint64(x.size))
	}
	return used*wordSize <= uint64(s.h.plan.queue)
}

// mayBlock reports whether a call that has not returned has reason to block.
func (s *mailSearch) mayBlock(p *mailPoint, r *mailRecord) bool {
	if s.mayBeClosed(r) {
		return false
	}
	switch r.verb {
	case mPut:
		b := &p.boxes[p.opens[r.which]]
		return !b.ended && (!s.fits(b, r) || s.gateIsTaken(p, b, r))
	case mGet, mWait:
		return len(p.of(r.which).queue) == 0
	case mWaitAny:
		return len(p.of(r.which).queue) == 0 && !p.set
	case mWaitAll:
		return len(p.of(r.which).queue) == 0 || !p.set
	}
	return false
}

// gateIsTaken reports whether somebody else waits for room as r comes.
func (s *mailSearch) gateIsTaken(p *mailPoint, b *mailbox, r *mailRecord) bool {
	for i, x := range s.h.records {
		if x != r && x.verb == mPut && p.done&(1<<i) == 0 && x.begin < r.end && s.h.last(x) > r.begin &&
			&p.boxes[p.opens[x.which]] == b && !s.fits(b, x) {
			return true
		}
	}
	return false
}

// mayBeClosed reports whether r uses what somebody has begun to close by then.
func (s *mailSearch) mayBeClosed(r *mailRecord) bool {
	return slices.ContainsFunc(s.h.records, func(c *mailRecord) bool {
		if c == r || c.begin > r.end {
			return false
		}
		reads := r.verb == mGet || r.verb == mTryGet || r.verb >= mWait && r.verb <= mWaitAll
		writes := r.verb == mPut || r.verb == mTryPut
		return c.verb == mLeave && c.proc == r.proc ||
			c.verb == mCloseReader && reads && c.which == r.which ||
			c.verb == mCloseWriter && writes && c.which == r.which
	})
}

// happens does record i in the specification, and reports whether that gives
// what was seen. Of the dead nothing was seen.
func (s *mailSearch) happens(p *mailPoint, i int, r *mailRecord) bool {
	if r.end == noEnd && !s.h.m.procs[r.proc].dead {
		return s.fail(p, "%v must have come to an end", r)
	}
	switch r.code {
	case nil:
		if !s.succeeds(p, r) {
			return s.fail(p, "%v cannot have been", r)
		}
		return true
	case backend.ErrClosed:
		if !s.mayBeClosed(r) {
			return s.fail(p, "nobody has closed what %v uses", r)
		}
		return true
	}
	if !s.failsRightly(p, r) {
		return s.fail(p, "%v cannot have failed so", r)
	}
	return true
}

// failsRightly reports whether the error of r is due.
func (s *mailSearch) failsRightly(p *mailPoint, r *mailRecord) bool {
	switch r.code {
	case backend.ErrExist:
		return r.verb == mCreate && p.live() != nil
	case backend.ErrNotExist:
		if r.verb == mOpen {
			return p.live() == nil
		}
		return (r.verb == mPut || r.verb == mTryPut) && p.boxes[p.opens[r.which]].ended
	case backend.ErrMailslotFull:
		b := &p.boxes[p.opens[r.which]]
		return r.verb == mTryPut && (!s.fits(b, r) || s.gateIsTaken(p, b, r))
	case backend.ErrMailslotEmpty:
		return r.verb == mTryGet && len(p.of(r.which).queue) == 0
	case context.Canceled:
		return r.cancelled != noEnd && (r.verb == mPut || s.mayBlock(p, r) || s.mayBeClosed(r))
	}
	return false
}

// succeeds does r in the specification, if it can be done now.
func (s *mailSearch) succeeds(p *mailPoint, r *mailRecord) bool {
	switch r.verb {
	case mPut, mTryPut:
		b := &p.boxes[p.opens[r.which]]
		if b.ended || !s.fits(b, r) {
			return false
		}
		b.queue = append(slices.Clip(b.queue), r)
	case mGet, mTryGet:
		b := p.of(r.which)
		if b == nil || len(b.queue) == 0 || r.end != noEnd && (b.queue[0].id != r.id || b.queue[0].size != r.size) {
			return false
		}
		b.queue = b.queue[1:]
	case mWait, mWaitAny, mWaitAll:
		return s.waits(p, r)
	case mSet:
		p.set = true
	case mCreate:
		if p.live() != nil {
			return false
		}
		p.boxes = append(p.boxes, mailbox{reader: r.which, proc: r.proc})
	case mOpen:
		if p.live() == nil {
			return false
		}
		p.opens[r.which] = slices.IndexFunc(p.boxes, func(b mailbox) bool { return !b.ended })
	case mCloseReader:
		if b := p.of(r.which); b != nil {
			b.ended, b.queue = true, nil
		}
	case mLeave, mDie:
		for i := range p.boxes {
			if b := &p.boxes[i]; b.proc == r.proc {
				b.ended, b.queue = true, nil
			}
		}
	}
	return true
}

// waits lets a wait succeed. Whether a wait-any saw the mailslot or the event
// is the engine's business, if both are there.
func (s *mailSearch) waits(p *mailPoint, r *mailRecord) bool {
	b := p.of(r.which)
	full := b != nil && len(b.queue) > 0
	switch {
	case r.verb == mWait || r.verb == mWaitAny && r.index == 0:
		return full
	case r.verb == mWaitAll && !full || !p.set:
		return false
	}
	p.set = false
	return true
}
