//go:build ipcseam

package shm

import (
	"cmp"
	"errors"
	"testing"
)

// What a TryPut waits for that does not get the gate at once, on the simulated
// machine.

// TestTryPutBesideNap: time passes for everybody while a TryPut looks again and
// again whether it gets the gate. Its owner may be asleep for as long as a nap,
// when a thread that died has used up the wake-up from the namespace's lock.
func TestTryPutBesideNap(t *testing.T) {
	for seed := range uint64(100) {
		if err := tryPutBesideNap(seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func tryPutBesideNap(seed uint64) (err error) {
	m := newMachine(seed)
	defer m.off()
	m.policy = newPolicy(m.random)
	writers := prepareMail(m, &mailPlan{queue: minRing, procs: 2}).writers
	owner := &writers[0].gate
	if !owner.LockFast() {
		return errors.New("the gate is not free")
	}
	m.start(m.procs[0], "owner", func() {
		var word uint32
		owner.n.sys.Sleep(&word, 0, lockNap)
		must1(owner.Unlock())
	})
	err = errors.New("the TryPut has no result")
	m.start(m.procs[1], "writer", func() { err = writers[1].TryPut(mailMessage(1, wordSize)) })
	m.run()
	return cmp.Or(m.stalled, err)
}

// A slowPolicy lets one actor rest from some step until another.
type slowPolicy struct {
	stagedPolicy
	slow  *simActor
	until int
}

func (p *slowPolicy) enter(*simActor) {}

func (p *slowPolicy) pick(list []*simActor) *simActor {
	for _, a := range list {
		if a != p.slow || a.p.m.steps > p.until {
			return a
		}
	}
	return list[0]
}

// TestTryPutAfterDeath: a writer dies that waits for room, and the next one has the
// gate and does not move. Nobody waits for room then, and no mailslot is full.
func TestTryPutAfterDeath(t *testing.T) {
	m := newMachine(1)
	defer m.off()
	policy := &slowPolicy{}
	m.policy = policy
	writers := prepareMail(m, &mailPlan{queue: minRing, procs: 4}).writers
	put := func(proc int, sizes ...int) *simActor {
		return m.start(m.procs[proc], "writer", func() {
			for _, size := range sizes {
				must1(writers[proc].Put(newSimContext(m), mailMessage(proc, size)))
			}
		})
	}
	put(1, minRing/2, minRing/2)
	m.run()
	if writers[1].view.wanted.load() == 0 {
		t.Fatal("nobody waits for room")
	}
	policy.slow = put(2, wordSize)
	m.run()
	m.kill(m.procs[1])
	gate := &writers[2].gate
	m.watch = func(access) {
		if policy.until == 0 && m.running == policy.slow && payload(uint64(*gate.word)) == gate.owner {
			policy.until = m.steps + 3000
		}
	}
	err := errors.New("the TryPut has no result")
	m.start(m.procs[3], "writer", func() { err = writers[3].TryPut(mailMessage(3, wordSize)) })
	m.run()
	if m.stalled != nil || err != nil || policy.until == 0 || !policy.slow.ended {
		t.Error(m.stalled, err, policy.until, policy.slow.ended)
	}
}
