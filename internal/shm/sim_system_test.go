//go:build ipcseam

package shm

import (
	"slices"
	"sync/atomic"
	"time"
)

// A simSystem is the operating system that a process of the machine sees.
type simSystem struct{ p *simProcess }

func (s simSystem) Sleep(word *uint32, value uint32, timeout time.Duration) {
	deadline := int64(never)
	if timeout >= 0 {
		deadline = s.p.m.now + int64(timeout)
	}
	s.sleep([]*uint32{word}, []uint32{value}, deadline)
}

func (s simSystem) SleepUntil(word *uint32, value uint32, wall int64) {
	s.sleep([]*uint32{word}, []uint32{value}, wall-wallOffset)
}

func (s simSystem) SleepAny(words []*uint32, values []uint32) { s.sleep(words, values, never) }

// sleep is atomic with the comparison. Now and then it ends for no reason.
func (s simSystem) sleep(words []*uint32, values []uint32, deadline int64) {
	m := s.p.m
	m.step(change)
	a := m.running
	a.kernel()
	for i, w := range words {
		if atomic.LoadUint32(w) != values[i] {
			return
		}
	}
	if m.random.IntN(64) == 0 {
		return
	}
	a.sleep = &simSleep{words, deadline}
	a.giveWay()
}

func (s simSystem) Wake(word *uint32, n int) {
	m := s.p.m
	m.step(change)
	for range n {
		if !m.wakeOne(word) {
			break
		}
	}
	if m.running != nil {
		m.running.kernel()
	}
}

func (s simSystem) Rouse(word *uint32) { s.Wake(word, 1) }

// wallOffset is the time of day when the monotonic clock shows 0.
const wallOffset = int64(1_700_000_000) * int64(time.Second)

// Now is a little later now and then, on a hasty machine: so much that who has
// waited for a mutex is late or starves after a few looks at the clock.
func (s simSystem) Now() int64 {
	if m := s.p.m; m.hasty && m.running != nil && m.random.IntN(4) == 0 {
		m.now += handOverAfter * 3 / 5
	}
	return s.p.m.now
}

func (s simSystem) WallNow() int64 { return s.p.m.now + wallOffset }

func (s simSystem) Reserve(offset, length int64) error { return nil }
func (s simSystem) Deleted() bool                      { return false }
func (s simSystem) Unlinked() bool                     { return false }

// WhenFenced: at once, in a while, or not before the process ends.
func (s simSystem) WhenFenced(f func()) {
	m := s.p.m
	at := m.random.IntN(3)
	switch {
	case s.p.fenced || at == 0:
		s.p.fenced = true
		f()
	case at == 1:
		m.start(s.p, "fencer", func() {
			a := m.running
			m.policy.pause(a)
			m.step(change)
			a.kernel()
			s.p.fenced = true
			f()
		})
	}
}

// Barrier ends every thread of a fenced dead process that runs.
func (s simSystem) Barrier() {
	m := s.p.m
	m.step(change)
	if m.running != nil {
		m.running.kernel()
	}
	m.end(m.lingering(func(a *simActor) bool { return a.p.fenced }))
}

// SlowBarrier ends every thread of a process that was dead when it began. Others go
// on meanwhile, and so do those: what they start then runs on their threads, as a
// process that dies gets no new ones.
func (s simSystem) SlowBarrier() {
	m := s.p.m
	m.step(change)
	a := m.running
	if a == nil {
		m.end(m.lingering(func(*simActor) bool { return true }))
		return
	}
	a.kernel()
	dead := map[*simProcess]bool{}
	for _, p := range m.procs {
		dead[p] = p.dead
	}
	for m.random.IntN(8) != 0 {
		m.policy.pause(a)
		m.step(change)
		a.kernel()
	}
	m.end(m.lingering(func(x *simActor) bool { return dead[x.p] }))
}

func (s simSystem) PIDSpace() uint64 {
	if s.p.spaceHidden {
		return 0
	}
	return uint64(s.p.space)
}

// Ended finds nobody with a number of another pid namespace. A process that is dead
// ends when its threads have come to die, or when nobody waits for that any more.
func (s simSystem) Ended(pid int, _ time.Duration) bool {
	m := s.p.m
	m.step(change)
	a := m.running
	if a != nil {
		a.kernel()
	}
	i := slices.IndexFunc(m.procs, func(p *simProcess) bool { return p.number == pid && p.space == s.p.space })
	if i < 0 {
		return true
	}
	p := m.procs[i]
	ofIts := func(x *simActor) bool { return x.p == p }
	for a != nil && (!p.dead || len(m.lingering(ofIts)) > 0) && m.random.IntN(8) != 0 {
		m.policy.pause(a)
		m.step(change)
		a.kernel()
	}
	if p.dead && m.random.IntN(4) != 0 {
		m.end(m.lingering(ofIts))
	}
	return p.dead && len(m.lingering(ofIts)) == 0
}

// Enlist lets the thread that calls it claim a word. One that dies meanwhile may go on,
// as everywhere, and then has the word marked by its own end.
func (s simSystem) Enlist(pick func(try func(alive *uint32) bool) error, body, left func()) error {
	p := s.p
	if a := p.m.running; a != nil {
		a.kernel() // for the list of words
	}
	c := &simClaim{value: uint32(p.number) | waitersBit, young: true}
	defer func() {
		c.young = false
		if p.dead && c.word != nil {
			p.m.mark(c)
		}
	}()
	err := pick(func(alive *uint32) bool {
		if !(*half)(alive).cas(0, c.value) {
			return false
		}
		c.word = (*half)(alive)
		p.claims = append(p.claims, c)
		for k := 1; k < watched; k++ {
			c.knell(k).store(c.value)
		}
		return true
	})
	if err != nil {
		return err
	}
	p.m.start(p, "watcher", func() {
		body()
		for k := watched - 1; k >= 0; k-- {
			c.knell(k).cas(c.value, 0)
		}
		p.claims = slices.DeleteFunc(p.claims, func(x *simClaim) bool { return x == c })
		for k := range watched {
			s.Wake((*uint32)(c.knell(k)), everybody)
		}
		left()
	})
	return nil
}

func (s simSystem) Gone(*uint32) bool { return false }
func (s simSystem) PID() int          { return s.p.number }
func (s simSystem) Command() string   { return "simulated" }
func (s simSystem) Pin()              {}
func (s simSystem) Unpin()            {}

func (s simSystem) Pause(int) {
	if a := s.p.m.running; a != nil {
		s.p.m.policy.pause(a)
		s.p.m.step(change)
	}
}

func (s simSystem) Close() error { return nil }
func (s simSystem) Dir() string  { return "simulated" }
