//go:build ipcseam

package shm

import "testing"

// TestDeathOfJoiner: whoever dies while it joins is reaped by those who sleep, at
// whatever step that is, and wherever its slot is among theirs.
func TestDeathOfJoiner(t *testing.T) {
	for _, c := range []struct {
		name   string
		count  int
		leave  []int // some of them, before
		joined int   // so many others have joined since
	}{
		{"behind all", 6, nil, 0},
		{"before all", 6, []int{1}, 0},
		{"between", 6, []int{2}, 0},
		{"far behind one that has joined", 10, []int{2, 8}, 1},
		{"in a new part of the table", initialSlots - 1, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := 1
			for killJoining(t, c.count, c.leave, c.joined, at) {
				at++
			}
			if at < 20 {
				t.Errorf("joining takes %d steps", at)
			}
		})
	}
}

// killJoining lets some of so many processes leave and others join, and kills one more at
// a step of its joining. It reports whether that has as many.
func killJoining(t *testing.T, count int, leave []int, joined, at int) bool {
	m := newMachine(uint64(at))
	defer m.off()
	m.policy = newPolicy(m.random)
	m.attach(count)
	for _, number := range leave {
		p := m.procs[number-1]
		m.start(p, "leaver", func() { p.n.depart() })
		m.run()
	}
	for range joined {
		startJoiner(t, m)
		m.run()
	}
	joiner := startJoiner(t, m)
	p := joiner.p
	steps := 0
	m.watch = func(access) {
		if m.running == joiner {
			if steps++; steps == at {
				m.kill(p)
			}
		}
	}
	m.run()
	if m.stalled != nil {
		t.Fatal(m.stalled)
	}
	if p.dead && !p.reaped() {
		t.Fatalf("at step %d: it is not reaped", at)
	}
	return p.dead
}

// TestDeathOfMany: of those who are killed at the same time, one after the other comes
// to die, and uses up until then what the kernel wakes for the others. Whoever lives
// on reaps them all.
func TestDeathOfMany(t *testing.T) {
	for seed := range uint64(500) {
		m := newMachine(seed)
		m.policy = newPolicy(m.random)
		m.attach(3 + m.random.IntN(6))
		m.run()
		dying := m.procs[1:]
		for _, a := range m.actors {
			a.doomed = a.p != m.procs[0]
		}
		for _, i := range m.random.Perm(len(dying)) {
			m.kill(dying[i])
		}
		m.run()
		for _, p := range dying {
			if !p.reaped() {
				t.Fatalf("seed %d: process %d of %d is not reaped", seed, p.number, len(m.procs))
			}
		}
		m.off()
	}
}

func startJoiner(t *testing.T, m *machine) *simActor {
	p := &simProcess{m: m, number: len(m.procs) + 1}
	m.procs = append(m.procs, p)
	return m.start(p, "joiner", func() {
		if _, err := Attach(m.mem, simSystem{p}); err != nil {
			t.Error(err)
		}
	})
}
