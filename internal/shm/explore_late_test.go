//go:build ipcseam

package shm

import (
	"slices"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

// TestDeathOfLateLock: a lock beside the closing of its namespace may come when that
// has been left. If the process dies then, before it has given the mutex up, nobody
// waits for that in vain.
func TestDeathOfLateLock(t *testing.T) {
	late := 0
	for seed := range uint64(3000) {
		p := plan{
			objects: []backend.Spec{{Name: "a", Kind: backend.Mutex}},
			procs:   3,
			programs: []program{
				{proc: 0, calls: []call{{verb: vLeave}}},
				{proc: 0, calls: []call{on(vTry)}},
				{proc: 1, calls: []call{on(vWait), on(vUnlock), on(vWait), on(vUnlock)}},
				{proc: 2, calls: []call{on(vWait), on(vUnlock), on(vWait), on(vUnlock)}},
			},
		}
		if killLate(t, seed, &p) {
			late++
		}
	}
	if t.Logf("%d processes had a mutex and no slot", late); late == 0 {
		t.Error("none had that")
	}
}

// killLate plays a plan in which the first process leaves, and its lock comes late:
// when the slot is free, or shortly before. The process is killed as soon as it owns
// the mutex and has no slot, or while it comes back to give the mutex up. killLate
// reports whether it came to that.
func killLate(t *testing.T, seed uint64, p *plan) (late bool) {
	m := newMachine(seed)
	defer m.off()
	m.policy = newPolicy(m.random)
	h := prepare(m, p)
	victim, o, slot := m.procs[0], h.handles[0].o, m.procs[0].n.self
	owns := func() bool { return payload(uint64(*o.word)) == o.owner }
	hasLeft := func() bool { return len(victim.claims) == 0 }

	steps, delay, grace := 1+m.random.IntN(6), m.random.IntN(200), m.random.IntN(16)
	locker := m.actors[slices.IndexFunc(m.actors, func(a *simActor) bool { return a.name == "program 1" })]
	m.policy = &holdPolicy{m.policy, func(a *simActor) bool {
		return a == locker && !hasLeft() && (owns() || steps <= 0 && delay > 0)
	}}
	m.watch = func(access) {
		if m.running == locker {
			steps--
		}
		if slot.handles == 0 {
			delay--
		}
		late = late || owns() && hasLeft()
		if late && (m.running == locker || grace == 0) {
			if grace--; grace < 0 {
				m.kill(victim)
			}
		}
	}
	m.run()
	if m.stalled != nil {
		t.Fatalf("seed %d: %v\n%s", seed, m.stalled, h)
	}
	if victim.dead && !victim.reaped() {
		t.Fatalf("seed %d: a dead process is not reaped\n%s", seed, h)
	}
	for _, r := range h.records {
		if r.proc > 0 && r.end == noEnd {
			t.Fatalf("seed %d: somebody waits in vain\n%s", seed, h)
		}
	}
	return late
}

// A holdPolicy does not let somebody go on who is held, if anybody else can.
type holdPolicy struct {
	policy
	held func(a *simActor) bool
}

func (p *holdPolicy) stay(a *simActor) bool { return p.policy.stay(a) && !p.held(a) }

func (p *holdPolicy) pick(list []*simActor) *simActor {
	others := slices.DeleteFunc(slices.Clone(list), p.held)
	if len(others) == 0 {
		others = list
	}
	return p.policy.pick(others)
}
