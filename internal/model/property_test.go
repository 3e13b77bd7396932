package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"pgregory.net/rapid"
)

// An account is what an object must be like, judging by the operations and
// the results that their callers saw. It knows nothing of queues and settling:
// whatever was signalled must have gone to somebody or still be there.
type account struct {
	kind      backend.Kind
	manual    bool
	set       bool
	count     int
	max       int
	reclaim   bool
	held      map[ProcessID]int
	owner     Party
	depth     int
	abandoned bool
	permanent bool
}

func (a *account) available(by Party) bool {
	switch a.kind {
	case backend.Mutex:
		return a.depth == 0 || by.Owner != NoOwner && by == a.owner
	case backend.Semaphore:
		return a.count > 0
	}
	return a.set
}

// machine drives a world with random operations and keeps the accounts.
type machine struct {
	w         *World
	accounts  map[ObjectID]*account
	processes []ProcessID
	owners    []OwnerID
	handles   []HandleID // open ones and closed ones
	waits     []WaiterID
}

// newMachine has three processes that share some objects of each kind.
func newMachine() *machine {
	m := &machine{w: New(dawn), accounts: map[ObjectID]*account{}}
	for range 3 {
		p := m.w.NewProcess()
		m.processes = append(m.processes, p)
		o, _ := m.w.NewOwner(p)
		m.owners = append(m.owners, o)
		for i, s := range []backend.Spec{
			{Kind: backend.Event}, {Kind: backend.Event}, {Kind: backend.Event, ManualReset: true},
			{Kind: backend.Mutex}, {Kind: backend.Mutex},
			{Kind: backend.Semaphore, Max: 2}, {Kind: backend.Semaphore, Max: 3, Initial: 3, Reclaim: true},
			{Kind: backend.Timer}, {Kind: backend.Timer, ManualReset: true},
		} {
			s.Name = fmt.Sprint("shared", i)
			h, existed, _ := m.w.Create(p, NoOwner, s)
			m.handles = append(m.handles, h)
			if !existed {
				m.bookNew(h, p, NoOwner, s)
			}
		}
	}
	return m
}

func encode(t *rapid.T, w *World) string {
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// do performs an operation on the world and on a copy of it, which must agree
// and not disturb each other; then it books the change and what was granted.
// steps tells that the operation settles more than once, so that the accounts
// do not know the state at the instant of each grant.
func (m *machine) do(t *rapid.T, steps bool, op func(*World) error, change func()) error {
	before := m.w.Clone()
	text := encode(t, m.w)
	err := op(m.w)
	if encode(t, before) != text {
		t.Fatal("an operation changed a copy")
	}
	again := before.Clone()
	if e := op(again); e != err || encode(t, again) != encode(t, m.w) {
		t.Fatalf("an operation gave %v and %v", err, e)
	}
	if err == nil && change != nil {
		change()
	}
	m.book(t, steps, before, m.w.Completed())
	m.bookTimers()
	return err
}

func (m *machine) book(t *rapid.T, steps bool, before *World, ended []Waiter) {
	for _, x := range ended {
		if x.Status == Granted {
			m.bookGrant(t, steps, &x)
			m.checkOrder(t, before, &x)
		}
	}
}

func (m *machine) bookGrant(t *rapid.T, steps bool, x *Waiter) {
	var abandoned uint64
	for i, id := range x.Objects {
		a, by := m.accounts[id], x.party(i)
		switch {
		case !x.All && i < x.Result.Index:
			if !steps && a.available(by) {
				t.Fatalf("wait %d took object %d, but %d was available", x.ID, x.Result.Index, i)
			}
		case x.All || i == x.Result.Index:
			if m.bookTake(t, a, by) {
				abandoned |= 1 << i
			}
		}
	}
	if abandoned != x.Result.Abandoned {
		t.Fatalf("wait %d: abandoned %b, want %b", x.ID, x.Result.Abandoned, abandoned)
	}
}

// bookTake books that somebody has taken an object, which must have been
// there for him.
func (m *machine) bookTake(t *rapid.T, a *account, by Party) (wasAbandoned bool) {
	if a.kind == backend.Timer {
		return false
	}
	if !a.available(by) {
		t.Fatalf("%v: a signal was granted that nobody made", a.kind)
	}
	switch a.kind {
	case backend.Mutex:
		wasAbandoned = a.abandoned
		a.owner, a.abandoned = by, false
		a.depth++
	case backend.Semaphore:
		a.count--
		if a.reclaim {
			a.held[by.Process]++
		}
	default:
		a.set = a.manual
	}
	return wasAbandoned
}

// checkOrder: nobody who had waited longer for just the same is left behind.
// With mutexes, who asks makes a difference.
func (m *machine) checkOrder(t *rapid.T, before *World, x *Waiter) {
	for _, id := range x.Objects {
		if m.accounts[id].kind == backend.Mutex {
			return
		}
	}
	for _, y := range m.w.Waiters {
		if y.ID < x.ID && y.All == x.All && slices.Equal(y.Objects, x.Objects) && find(before.Waiters, int(y.ID)) != nil {
			t.Fatalf("wait %d was granted before wait %d", x.ID, y.ID)
		}
	}
}

// Check compares the accounts with the world.
func (m *machine) Check(t *rapid.T) {
	if err := m.w.Check(); err != nil {
		t.Fatal(err)
	}
	for _, o := range m.w.Objects {
		a := m.accounts[o.ID]
		held := map[ProcessID]int{}
		for _, p := range o.Held {
			held[p.Process] = p.N
		}
		got := fmt.Sprint(o.Signaled, o.Count, held, o.Owner, o.Depth, o.Abandoned)
		want := fmt.Sprint(a.set, a.count, a.held, a.owner, a.depth, a.abandoned)
		if o.Kind != backend.Timer && got != want {
			t.Fatalf("%v %d is %s, and must be %s", o.Kind, o.ID, got, want)
		}
	}
	for id, a := range m.accounts {
		used := slices.ContainsFunc(m.w.Handles, func(h *Handle) bool { return h.Object == id })
		if (used || a.permanent) != (m.w.object(id) != nil) {
			t.Fatalf("object %d does not live as long as it must", id)
		}
		if !used && !a.permanent {
			delete(m.accounts, id)
		}
	}
	var copied World
	text := encode(t, m.w)
	if err := json.Unmarshal([]byte(text), &copied); err != nil || encode(t, &copied) != text {
		t.Fatalf("the world cannot be stored: %v", err)
	}
}

func pick[T any](t *rapid.T, from []T, name string) T {
	if len(from) == 0 {
		t.Skip("nothing to choose from")
	}
	return rapid.SampledFrom(from).Draw(t, name)
}

// handle picks a handle, now and then one that is closed.
func (m *machine) handle(t *rapid.T, kinds ...backend.Kind) HandleID {
	closed := rapid.IntRange(0, 19).Draw(t, "closed") == 0
	var from []HandleID
	for _, h := range m.handles {
		r, err := m.w.handle(h)
		if closed || err == nil && (len(kinds) == 0 || slices.Contains(kinds, m.w.object(r.Object).Kind)) {
			from = append(from, h)
		}
	}
	return pick(t, from, "handle")
}

func (m *machine) account(h HandleID) *account {
	r, _ := m.w.handle(h)
	return m.accounts[r.Object]
}

// who picks the one who acts: an Owner or nobody in particular.
func (m *machine) who(t *rapid.T) OwnerID {
	return pick(t, append([]OwnerID{NoOwner}, m.owners...), "owner")
}

func (m *machine) NewProcess(t *rapid.T) {
	if len(m.w.Processes) < 4 {
		m.do(t, false, func(w *World) error { w.NewProcess(); return nil }, nil)
		m.processes = append(m.processes, ProcessID(m.w.Last))
	}
}

func (m *machine) NewOwner(t *rapid.T) {
	p := pick(t, m.processes, "process")
	var o OwnerID
	m.do(t, false, func(w *World) (err error) { o, err = w.NewOwner(p); return err }, func() {
		m.owners = append(m.owners, o)
	})
}

func (m *machine) Create(t *rapid.T) {
	p, as := pick(t, m.processes, "process"), m.who(t)
	s := backend.Spec{
		Kind:        pick(t, kinds, "kind"),
		Name:        pick(t, []string{"", "a", "b", "c", `Local\a`, `Global\a`, `a\b`}, "name"),
		Permanent:   rapid.Bool().Draw(t, "permanent"),
		ManualReset: rapid.Bool().Draw(t, "manual"),
		Set:         rapid.Bool().Draw(t, "set"),
		Owned:       rapid.Bool().Draw(t, "owned"),
		Initial:     rapid.IntRange(0, 3).Draw(t, "initial"),
		Max:         rapid.IntRange(2, 4).Draw(t, "max"),
		Reclaim:     rapid.Bool().Draw(t, "reclaim"),
	}
	var h HandleID
	var existed bool
	m.do(t, false, func(w *World) (err error) { h, existed, err = w.Create(p, as, s); return err }, func() {
		m.handles = append(m.handles, h)
		if !existed {
			m.bookNew(h, p, as, s)
		}
	})
}

func (m *machine) bookNew(h HandleID, p ProcessID, as OwnerID, s backend.Spec) {
	r, _ := m.w.handle(h)
	a := &account{kind: s.Kind, permanent: s.Permanent && s.Name != ""}
	switch s.Kind {
	case backend.Event:
		a.manual, a.set = s.ManualReset, s.Set
	case backend.Semaphore:
		a.count, a.max, a.reclaim, a.held = s.Initial, s.Max, s.Reclaim, map[ProcessID]int{}
	case backend.Mutex:
		if s.Owned {
			a.owner, a.depth = party(p, as, h), 1
		}
	}
	m.accounts[r.Object] = a
}

func (m *machine) Open(t *rapid.T) {
	p := pick(t, m.processes, "process")
	kind, name := pick(t, kinds, "kind"), pick(t, []string{"a", "b", `Global\a`}, "name")
	var h HandleID
	m.do(t, false, func(w *World) (err error) { h, err = w.Open(p, kind, name); return err }, func() {
		m.handles = append(m.handles, h)
	})
}

func (m *machine) Remove(t *rapid.T) {
	name := pick(t, []string{"a", "b", `Global\a`}, "name")
	var id ObjectID
	if o := m.w.named(name); o != nil {
		id = o.ID
	}
	m.do(t, false, func(w *World) error { return w.Remove(name) }, func() { m.accounts[id].permanent = false })
}

func (m *machine) CloseHandle(t *rapid.T) {
	h := m.handle(t)
	r, _ := m.w.handle(h)
	m.do(t, false, func(w *World) error { return w.CloseHandle(h) }, func() {
		if r != nil {
			m.bookEnd(func(p Party) bool { return p.Handle == h })
		}
	})
}

// bookEnd books the end of owners of mutexes, and of the holders of permits
// who have no handle any more.
func (m *machine) bookEnd(ended func(Party) bool) {
	for id, a := range m.accounts {
		if a.depth > 0 && ended(a.owner) {
			a.owner, a.depth, a.abandoned = Party{}, 0, true
		}
		for p, n := range a.held {
			if o := m.w.object(id); o != nil && !m.w.hasOpen(p, o) {
				a.count = min(a.count+n, a.max)
				delete(a.held, p)
			}
		}
	}
}

func (m *machine) CloseOwner(t *rapid.T) {
	as := pick(t, m.owners, "owner")
	m.do(t, true, func(w *World) error { return w.CloseOwner(as) }, func() {
		m.bookEnd(func(p Party) bool { return p.Owner == as })
	})
}

func (m *machine) Kill(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "mercy") > 0 {
		t.Skip("not now")
	}
	dead := pick(t, m.processes, "process")
	m.do(t, true, func(w *World) error { w.Kill(dead); return nil }, func() {
		m.bookEnd(func(p Party) bool { return p.Process == dead })
	})
}

func (m *machine) Set(t *rapid.T) {
	h := m.handle(t, backend.Event)
	m.do(t, false, func(w *World) error { return w.SetEvent(h) }, func() { m.account(h).set = true })
}

func (m *machine) Reset(t *rapid.T) {
	h := m.handle(t, backend.Event)
	m.do(t, false, func(w *World) error { return w.ResetEvent(h) }, func() { m.account(h).set = false })
}

func (m *machine) Pulse(t *rapid.T) {
	h := m.handle(t, backend.Event)
	if m.do(t, false, func(w *World) error { return w.PulseEvent(h) }, func() { m.account(h).set = true }) == nil {
		m.account(h).set = false
	}
}

func (m *machine) Release(t *rapid.T) {
	h, n := m.handle(t, backend.Semaphore), rapid.IntRange(0, 3).Draw(t, "n")
	m.do(t, false, func(w *World) error { _, err := w.Release(h, n); return err }, func() { m.bookRelease(t, h, n) })
}

func (m *machine) bookRelease(t *rapid.T, h HandleID, n int) {
	r, _ := m.w.handle(h)
	a := m.account(h)
	if a.count += n; a.count > a.max || n < 1 {
		t.Fatalf("a release of %d succeeded", n)
	}
	if left := a.held[r.Process] - n; left > 0 {
		a.held[r.Process] = left
	} else {
		delete(a.held, r.Process)
	}
}

func (m *machine) Unlock(t *rapid.T) {
	as, h := m.who(t), m.handle(t, backend.Mutex)
	m.do(t, false, func(w *World) error { return w.Unlock(as, h) }, func() { m.bookUnlock(t, as, h) })
}

func (m *machine) bookUnlock(t *rapid.T, as OwnerID, h HandleID) {
	r, _ := m.w.handle(h)
	a := m.account(h)
	if a.owner != party(r.Process, as, h) {
		t.Fatal("somebody else's mutex was unlocked")
	}
	if a.depth--; a.depth == 0 {
		a.owner = Party{}
	}
}

// wait picks what to wait for: mostly handles of one process.
func (m *machine) wait(t *rapid.T) (as OwnerID, all bool, hs []HandleID) {
	h := m.handle(t)
	hs = []HandleID{h}
	for range rapid.IntRange(0, 3).Draw(t, "more") {
		h2 := m.handle(t)
		a, b := find(m.w.Handles, int(h)), find(m.w.Handles, int(h2))
		if a == nil || b == nil || a.Process == b.Process {
			hs = append(hs, h2)
		}
	}
	return m.who(t), rapid.Bool().Draw(t, "all"), hs
}

func (m *machine) Wait(t *rapid.T) {
	as, all, hs := m.wait(t)
	var id WaiterID
	m.do(t, false, func(w *World) (err error) { id, err = w.Wait(as, all, hs...); return err }, nil)
	m.waits = append(m.waits, id)
}

func (m *machine) Try(t *rapid.T) {
	as, all, hs := m.wait(t)
	x, _ := m.w.prepare(as, all, hs)
	var ok bool
	m.do(t, false, func(w *World) (err error) {
		var r backend.WaitResult
		if r, ok, err = w.Try(as, all, hs...); ok {
			x.Result = r
		}
		return err
	}, func() {
		if ok {
			m.bookGrant(t, false, x)
		}
	})
}

func (m *machine) SignalAndWait(t *rapid.T) {
	as, signal, wait := m.who(t), m.handle(t), m.handle(t)
	var id WaiterID
	m.do(t, false, func(w *World) (err error) { id, err = w.SignalAndWait(as, signal, wait); return err }, func() {
		m.waits = append(m.waits, id)
		switch a := m.account(signal); a.kind {
		case backend.Event:
			a.set = true
		case backend.Semaphore:
			m.bookRelease(t, signal, 1)
		case backend.Mutex:
			m.bookUnlock(t, as, signal)
		}
	})
}

func (m *machine) Cancel(t *rapid.T) {
	id := pick(t, m.waits, "wait")
	m.do(t, false, func(w *World) error { w.Cancel(id); return nil }, nil)
}

func (m *machine) SetTimer(t *rapid.T) {
	h := m.handle(t, backend.Timer)
	after, period := duration(t, "after"), duration(t, "period")
	m.do(t, false, func(w *World) error { return w.SetTimer(h, after, period) }, nil)
}

func (m *machine) SetTimerAt(t *rapid.T) {
	h := m.handle(t, backend.Timer)
	at, period := m.w.Wall.Add(duration(t, "at")), duration(t, "period")
	m.do(t, false, func(w *World) error { return w.SetTimerAt(h, at, period) }, nil)
}

func (m *machine) CancelTimer(t *rapid.T) {
	h := m.handle(t, backend.Timer)
	m.do(t, false, func(w *World) error { return w.CancelTimer(h) }, nil)
}

func (m *machine) Advance(t *rapid.T) {
	d := duration(t, "d")
	m.do(t, true, func(w *World) error { w.Advance(d); return nil }, nil)
}

func (m *machine) SetWall(t *rapid.T) {
	at := m.w.Wall.Add(duration(t, "by"))
	m.do(t, true, func(w *World) error { w.SetWall(at); return nil }, nil)
}

func duration(t *rapid.T, name string) time.Duration {
	return time.Duration(rapid.IntRange(-1, 10).Draw(t, name)) * ms
}

// bookTimers takes over the state of the timers, for which there is no account.
func (m *machine) bookTimers() {
	for id, a := range m.accounts {
		if o := m.w.object(id); o != nil && a.kind == backend.Timer {
			a.set = o.Signaled
		}
	}
}

func TestRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(rapid.StateMachineActions(newMachine()))
	})
}

// TestAdvanceInSteps: it makes no difference in how many steps time passes,
// as long as nobody does anything between them.
func TestAdvanceInSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := New(dawn)
		p := w.NewProcess()
		var hs []HandleID
		for range 3 {
			h, _, _ := w.Create(p, NoOwner, backend.Spec{Kind: backend.Timer, ManualReset: rapid.Bool().Draw(t, "manual")})
			w.SetTimer(h, max(0, duration(t, "after")), max(0, duration(t, "period")))
			hs = append(hs, h)
		}
		for range 6 {
			w.Wait(NoOwner, rapid.Bool().Draw(t, "all"), rapid.SliceOfNDistinct(rapid.SampledFrom(hs), 1, 3, rapid.ID[HandleID]).Draw(t, "hs")...)
		}
		once := w.Clone()
		once.Advance(40 * ms)
		for range 40 {
			w.Advance(ms)
		}
		if a, b := encode(t, once), encode(t, w); a != b {
			t.Fatalf("at once: %s\nin steps: %s", a, b)
		}
	})
}
