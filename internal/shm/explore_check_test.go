//go:build ipcseam

package shm

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/model"
)

// A history is right if there is an order of its operations, each at a moment
// between its call and its return, in which the specification gives the same
// results and ends in the same state. The search for it is that of Wing and
// Gong (1993), with two additions: a wait begins at one moment and succeeds at
// another, when the specification says so; and a free mutex goes to a blocked
// wait at a moment that the search may choose, since the engine prefers those
// who run, and leaves it meanwhile to the one that was told to come for it, ahead of
// the others that are blocked.

// A search looks for an order.
type search struct {
	h      *history
	seen   map[string]bool
	nodes  int
	why    string // why the attempt that came furthest ended
	depth  int
	engine []backend.Info
}

// A point is how far an attempt has come.
type point struct {
	world   *model.World
	begun   uint64
	ended   uint64
	vain    uint64           // locks that are to be given up
	refused uint64           // waits that end because something is closed
	waits   []model.WaiterID // by record
	handles []model.HandleID // by number
	owners  []model.OwnerID  // by program
	procs   []model.ProcessID
}

const (
	maxNodes = 300_000
	simple   = 64 // most searches end before it pays to remember where they were
)

// check looks at the end of a history, and then for an order that explains it.
func (h *history) check() error {
	observer := h.m.procs[h.plan.procs].n
	if err := observer.locked(observer.verify); err != nil {
		return fmt.Errorf("the segment: %w", err)
	}
	for p := range h.freed {
		return fmt.Errorf("P%d is dead and not reaped", p.number)
	}
	infos, err := observer.Objects()
	if err != nil {
		return err
	}
	s := &search{h: h, seen: map[string]bool{}, engine: infos}
	if h.undecided = len(h.records) > 64 || h.late(); h.undecided {
		return nil
	}
	if s.from(s.start()) {
		return nil
	}
	if s.nodes >= maxNodes {
		return fmt.Errorf("undecided after %d attempts", s.nodes)
	}
	return fmt.Errorf("no order explains it; the best one ends because %s\nin the end: %q", s.why, summary(s.engine, nil))
}

// late reports whether an operation has succeeded through a handle, without
// the lock, after somebody beside it had closed the handle: it had looked
// whether that was open before. A lock looks twice, and is given up.
func (h *history) late() bool {
	s := &search{h: h}
	for _, c := range h.records {
		closes := c.part == closingHandle || c.part == aCall && c.call.verb == vClose
		if !closes || c.end == noEnd {
			continue
		}
		for _, r := range h.records {
			beside := r.part == aCall && r.begin < c.end && r.end > c.end && slices.Contains(r.handles, c.handles[0])
			if beside && (r.got.code == "" || r.got == closedOutcome && s.isMutex(r)) {
				return true
			}
		}
	}
	return false
}

// start is the specification after the preparations.
func (s *search) start() *point {
	w := model.New(time.Unix(0, wallOffset))
	w.Barging = true
	p := &point{world: w, waits: make([]model.WaiterID, len(s.h.records)), handles: make([]model.HandleID, len(s.h.handles))}
	k := 0
	for proc := range s.h.plan.procs {
		p.procs = append(p.procs, w.NewProcess())
		for _, spec := range s.h.plan.objects {
			p.handles[k], _, _ = w.Create(p.procs[proc], model.NoOwner, spec)
			k++
		}
	}
	for _, g := range s.h.plan.programs {
		id := model.NoOwner
		if g.owner {
			id, _ = w.NewOwner(p.procs[g.proc])
		}
		p.owners = append(p.owners, id)
	}
	return p
}

func (p *point) clone() *point {
	c := *p
	c.world = p.world.Clone()
	c.waits = slices.Clone(p.waits)
	c.handles = slices.Clone(p.handles)
	return &c
}

// from reports whether the rest of the history can be explained from p.
func (s *search) from(p *point) bool {
	if s.complete(p) && s.agrees(p) {
		return true
	}
	if s.nodes++; s.nodes > maxNodes || s.nodes > simple && s.known(p) {
		return false
	}
	limit := s.horizon(p)
	for _, move := range s.moves(p, limit) {
		c := p.clone()
		if move(c) && s.collect(c) && s.from(c) {
			return true
		}
	}
	return false
}

// horizon is the first return of an operation that has not ended: nothing that
// was called later may come before it.
func (s *search) horizon(p *point) int {
	limit := noEnd
	for i, r := range s.h.records {
		if p.ended&(1<<i) == 0 {
			limit = min(limit, r.end)
		}
	}
	return limit
}

// A move is a way to go on. It reports whether what it does agrees with what was seen.
type move func(*point) bool

// moves are the ways to go on, the most likely first: those with operations that have
// returned earlier.
func (s *search) moves(p *point, limit int) (list []move) {
	type candidate struct {
		at   int
		move move
	}
	var all []candidate
	for i, r := range s.h.records {
		for _, m := range s.movesWith(p, i, r, limit) {
			all = append(all, candidate{r.end, m})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return a.at - b.at })
	for _, c := range all {
		list = append(list, c.move)
	}
	return list
}

// movesWith are the ways to go on with record i.
func (s *search) movesWith(p *point, i int, r *record, limit int) []move {
	bit := uint64(1) << i
	switch {
	case p.ended&bit != 0:
		return nil
	case p.begun&bit != 0 && p.vain&bit != 0:
		return []move{func(c *point) bool { return s.giveUp(c, i, r) }}
	case p.begun&bit != 0:
		return s.endings(p, i, r, limit)
	case r.begin > limit || r.before != nil && !s.hasEnded(p, r.before):
		return nil
	}
	return s.beginnings(p, i, r, limit)
}

// beginnings are the ways in which record i can take effect, or begin to wait.
func (s *search) beginnings(p *point, i int, r *record, limit int) []move {
	list := []move{func(c *point) bool { return s.begin(c, i, r) }}
	if s.mayBeRefused(r, limit) {
		list = append(list,
			func(c *point) bool { return s.refuse(c, i) },
			func(c *point) bool { return s.lockInVain(c, i, r) })
	}
	if r.part == abandoning {
		for _, o := range s.owned(p, r.proc) {
			list = append(list, func(c *point) bool { c.world.Abandon(c.procs[r.proc], o); return true })
		}
	}
	if r.call.verb == vSignalAndWait && r.end == noEnd && s.h.m.procs[r.proc].dead {
		list = append(list, func(c *point) bool { return s.signalOnly(c, i, r) })
	}
	if len(p.world.Waiters) > 0 {
		list = append(list, func(c *point) bool { return s.beginStrictly(c, i, r) })
	}
	return list
}

// endings are the ways in which the wait of record i can end.
func (s *search) endings(p *point, i int, r *record, limit int) []move {
	id := p.waits[i]
	list := []move{func(c *point) bool { return c.world.Grant(id) }}
	if r.call.verb == vWaitAny {
		list = append(list, func(c *point) bool { return c.world.GrantBehind(id) })
	}
	if s.mayBeRefused(r, limit) {
		list = append(list, func(c *point) bool {
			c.refused |= 1 << i
			return c.world.Cancel(id)
		})
	}
	if r.cancelled <= limit {
		list = append(list, func(c *point) bool { return c.world.Cancel(id) })
	}
	return list
}

func (s *search) hasEnded(p *point, r *record) bool {
	return p.ended&(1<<slices.Index(s.h.records, r)) != 0
}

// complete: everything has happened that must have.
func (s *search) complete(p *point) bool {
	for i, r := range s.h.records {
		bit := uint64(1) << i
		dead := r.program >= 0 && s.h.m.procs[r.proc].dead
		switch {
		case r.part == aCall && r.end == noEnd && !dead:
			if p.begun&bit == 0 {
				return false
			}
		case r.end == noEnd && (r.part == aCall || r.part == leaving || r.part == closingHandle):
			// It may have happened or not.
		case p.ended&bit == 0:
			return false
		}
	}
	return true
}

// begin does record i in the specification. It reports whether that agrees
// with what was seen.
func (s *search) begin(p *point, i int, r *record) bool {
	p.begun |= 1 << i
	if r.part != aCall {
		p.ended |= 1 << i
		s.doPart(p, r)
		return true
	}
	got, id := s.do(p, r)
	if id != 0 {
		p.waits[i] = id
		return true // collect tells what has become of it
	}
	p.ended |= 1 << i
	return s.same(p, i, r, got)
}

// owner is who gets mutexes in a call. One for a single object that is none
// does not ask.
func (s *search) owner(p *point, r *record) model.OwnerID {
	if len(r.handles) == 1 && (r.call.verb == vTry || r.call.verb == vWait) && !s.isMutex(r) {
		return model.NoOwner
	}
	return p.owners[r.program]
}

func (s *search) isMutex(r *record) bool { return s.h.handles[r.handles[0]].o.kind == backend.Mutex }

// beginStrictly is begin where the waits for mutexes that it can satisfy
// succeed at the same moment.
func (s *search) beginStrictly(p *point, i int, r *record) bool {
	p.world.Barging = false
	defer func() { p.world.Barging = true }()
	return s.begin(p, i, r)
}

// mayBeRefused reports whether an operation was told that a handle is closed
// while somebody was closing it, or the namespace. That is the first thing that
// Close does; what follows from it may come later. A second Close does not wait
// for it.
func (s *search) mayBeRefused(r *record, limit int) bool {
	if r.got != closedOutcome && r.call.verb != vClose {
		return false
	}
	return slices.ContainsFunc(s.h.records, func(c *record) bool {
		closes := c.part == aCall && c.call.verb == vClose && slices.Contains(r.handles, c.handles[0])
		leaves := c.part == leaving && c.proc == r.proc
		return c != r && (closes || leaves) && c.begin <= limit && c.begin < r.end
	})
}

func (s *search) refuse(p *point, i int) bool {
	p.begun |= 1 << i
	p.ended |= 1 << i
	return true
}

// lockInVain is a lock whose caller was told that the handle is closed: either
// he gave it up again, or Close found the mutex locked and abandoned it.
func (s *search) lockInVain(p *point, i int, r *record) bool {
	if len(r.handles) == 0 || !s.isMutex(r) {
		return false
	}
	switch r.call.verb {
	case vTry, vWait, vTryAny, vWaitAny:
	case vTryAll, vWaitAll:
		if len(r.handles) > 1 {
			return false
		}
	default:
		return false
	}
	p.begun |= 1 << i
	p.vain |= 1 << i
	got, _ := s.do(p, &record{call: call{verb: vTry}, proc: r.proc, program: r.program, handles: r.handles[:1]})
	return got.code == ""
}

func (s *search) giveUp(p *point, i int, r *record) bool {
	p.world.Unlock(s.owner(p, r), p.handles[r.handles[0]])
	return s.refuse(p, i)
}

// owned are the mutexes of a process.
func (s *search) owned(p *point, proc int) (list []model.ObjectID) {
	for _, o := range p.world.Objects {
		if o.Owner.Process == p.procs[proc] {
			list = append(list, o.ID)
		}
	}
	return list
}

// signalOnly is a SignalAndWait whose process died in the middle.
func (s *search) signalOnly(p *point, i int, r *record) bool {
	signal := record{call: call{verb: vSet, count: 1}, proc: r.proc, program: r.program, handles: r.handles[:1], end: noEnd}
	switch s.h.handles[r.handles[0]].o.kind {
	case backend.Semaphore:
		signal.call.verb = vRelease
	case backend.Mutex:
		signal.call.verb = vUnlock
	}
	s.do(p, &signal)
	return s.refuse(p, i)
}

func (s *search) doPart(p *point, r *record) {
	switch r.part {
	case aTick:
		p.world.Advance(time.Duration(r.tick))
	case abandoning:
		p.world.EndWaits(p.procs[r.proc])
		p.world.AbandonMutexes(p.procs[r.proc])
	case closing:
		p.world.EndWaits(p.procs[r.proc])
		p.world.CloseHandles(p.procs[r.proc])
	case closingHandle:
		p.world.CloseHandle(p.handles[r.handles[0]])
	case ending, leaving:
		p.world.Kill(p.procs[r.proc])
	}
}

// do does a call in the specification. Waits have a number instead of a
// result.
func (s *search) do(p *point, r *record) (outcome, model.WaiterID) {
	w, as := p.world, s.owner(p, r)
	var hs []model.HandleID
	for _, h := range r.handles {
		hs = append(hs, p.handles[h])
	}
	var h model.HandleID
	if len(hs) > 0 {
		h = hs[0]
	}
	switch r.call.verb {
	case vSet:
		return outcomeOf(w.SetEvent(h)), 0
	case vReset:
		return outcomeOf(w.ResetEvent(h)), 0
	case vPulse:
		return outcomeOf(w.PulseEvent(h)), 0
	case vIsSet:
		return yesOutcome(w.IsSet(h)), 0
	case vUnlock:
		return outcomeOf(w.Unlock(as, h)), 0
	case vRelease:
		before, err := w.Release(h, r.call.count)
		got := outcomeOf(err)
		got.count = before
		return got, 0
	case vArm:
		return outcomeOf(w.SetTimer(h, r.call.after, 0)), 0
	case vDisarm:
		return outcomeOf(w.CancelTimer(h)), 0
	case vClose:
		return outcomeOf(w.CloseHandle(h)), 0
	case vCloseOwner:
		return outcomeOf(w.CloseOwner(as)), 0
	case vCreate:
		made, existed, err := w.Create(p.procs[r.proc], model.NoOwner, r.call.spec)
		p.handles[r.made] = made
		got := outcomeOf(err)
		got.yes = existed
		return got, 0
	case vTry, vTryAny, vTryAll:
		return s.try(p, r, hs), 0
	case vSignalAndWait:
		id, err := w.SignalAndWait(as, hs[0], hs[1])
		return outcomeOf(err), id
	default:
		id, err := w.Wait(as, r.call.verb == vWaitAll, hs...)
		return outcomeOf(err), id
	}
}

// try gives the result of a try in the words of the operation.
func (s *search) try(p *point, r *record, hs []model.HandleID) outcome {
	result, ok, err := p.world.Try(s.owner(p, r), r.call.verb == vTryAll, hs...)
	if r.call.verb == vTry && !s.isMutex(r) {
		return yesOutcome(ok, err)
	}
	if err == nil && !ok {
		return cancelledOutcome
	}
	return waitOutcome(result, err)
}

// collect compares the waits that the specification has ended with what was
// seen.
func (s *search) collect(p *point) bool {
	for _, x := range p.world.Completed() {
		i := slices.Index(p.waits, x.ID)
		p.ended |= 1 << i
		r := s.h.records[i]
		got := waitOutcome(x.Result, nil)
		switch {
		case x.Status == model.Closed, p.refused&(1<<i) != 0:
			got = closedOutcome
		case x.Status == model.Cancelled:
			got = cancelledOutcome
		}
		if !s.same(p, i, r, got) {
			return false
		}
	}
	// What dies with its process has no result.
	for i, id := range p.waits {
		if id != 0 && p.ended&(1<<i) == 0 && p.world.Waiter(id).Status == model.Gone {
			p.ended |= 1 << i
		}
	}
	return true
}

func (s *search) same(p *point, i int, r *record, got outcome) bool {
	if r.end == noEnd {
		if s.h.m.procs[r.proc].dead {
			return true
		}
		return s.fail(p, fmt.Sprintf("record %d must have returned %+v", i, got))
	}
	if got != r.got {
		return s.fail(p, fmt.Sprintf("record %d must have given %+v", i, got))
	}
	return true
}

func (s *search) fail(p *point, why string) bool {
	if n := bits.OnesCount64(p.ended); n >= s.depth {
		s.why, s.depth = why, n
	}
	return false
}

// agrees compares the end of the attempt with that of the run.
func (s *search) agrees(p *point) bool {
	if err := p.world.Check(); err != nil {
		return s.fail(p, err.Error())
	}
	for i, id := range p.waits {
		if id != 0 && p.ended&(1<<i) == 0 && s.h.records[i].end != noEnd {
			return s.fail(p, fmt.Sprintf("record %d is still blocked", i))
		}
	}
	numbers := map[int]int{}
	for i, id := range p.procs {
		numbers[int(id)] = i + 1
	}
	want, got := summary(p.world.List(), numbers), summary(s.engine, nil)
	if !slices.Equal(want, got) {
		return s.fail(p, fmt.Sprintf("the objects must be %q and are %q", want, got))
	}
	return true
}

// summary puts what matters of objects into words.
func summary(list []backend.Info, numbers map[int]int) (lines []string) {
	pid := func(n int) int {
		if numbers == nil {
			return n
		}
		return numbers[n]
	}
	for _, i := range list {
		line := fmt.Sprintf("%s %v signaled=%v abandoned=%v count=%d armed=%v", i.Name, i.Kind, i.Signaled, i.Abandoned, i.Count, i.Armed)
		if i.Owner != nil {
			line += fmt.Sprintf(" owner=%d", pid(i.Owner.PID))
		}
		for _, w := range i.Waiting {
			line += fmt.Sprintf(" wait(%d,%v,%d)", pid(w.PID), w.All, w.Count)
		}
		var holders []string
		for _, h := range i.HeldOpen {
			holders = append(holders, fmt.Sprintf("%d×%d+%d", pid(h.PID), h.Handles, h.Permits))
		}
		slices.Sort(holders)
		lines = append(lines, fmt.Sprint(line, " ", holders))
	}
	return lines
}

// known reports whether an attempt has been at a point before.
func (s *search) known(p *point) bool {
	key := fmt.Appendf(nil, "%x %x %d", p.begun, p.ended, p.world.Now)
	for _, o := range p.world.Objects {
		key = fmt.Appendf(key, "|%s %v %d %d %v %d %v %v %v", o.Name, o.Signaled, slices.Index(p.handles, o.Owner.Handle), o.Owner.Owner, o.Abandoned, o.Depth, o.Count, o.Held, o.Due)
	}
	for _, x := range p.world.Waiters {
		key = fmt.Appendf(key, ",%d", slices.Index(p.waits, x.ID))
	}
	if s.seen[string(key)] {
		return true
	}
	s.seen[string(key)] = true
	return false
}
