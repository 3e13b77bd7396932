//go:build ipcseam

package shm

import (
	"slices"
	"testing"
)

// TestEnded: who dies before it is fenced is cleared up after without a slow barrier
// when its process has ended, which is asked where its number means something.
func TestEnded(t *testing.T) {
	const here, elsewhere = 11, 12
	young := func(pid uint32, space uint64) deadOne { return deadOne{pid: pid, space: space} }
	var many []deadOne
	for i := range uint32(mostAsked + 4) {
		many = append(many, young(101+i, here))
	}
	over := func(int) bool { return true }
	for _, c := range []struct {
		name  string
		space uint64 // of the one who clears up
		dead  []deadOne
		ended func(pid int) bool
		asked []int
		slow  int32
	}{
		{"ended", here, []deadOne{young(7, here)}, over, []int{7}, 0},
		{"not ended in time", here, []deadOne{young(7, here)}, func(int) bool { return false }, []int{7}, 1},
		{"some", here, []deadOne{young(7, here), young(8, here), young(9, here)}, func(pid int) bool { return pid != 8 }, []int{7, 8, 9}, 1},
		{"fenced", here, []deadOne{{7, here, true}}, over, nil, 0},
		{"of another pid namespace", here, []deadOne{young(7, elsewhere), young(8, here)}, over, []int{8}, 1},
		{"of an unknown one", here, []deadOne{young(7, 0)}, over, nil, 1},
		{"unknown to who clears up", 0, []deadOne{young(7, 0), young(8, here)}, over, nil, 1},
		{"too many", here, many, over, numbers(many[:mostAsked]), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			defer w.doze()()
			w.notes.spaces = func() uint64 { return c.space }
			var asked []int
			w.notes.ended = func(pid int) bool {
				asked = append(asked, pid)
				return c.ended(pid)
			}
			dead := w.die(c.dead)
			w.b.reapDead()
			if got := w.notes.slow.Load(); got != c.slow || !slices.Equal(asked, c.asked) {
				t.Errorf("asked for %d, and %d slow barriers; want %d, and %d", asked, got, c.asked, c.slow)
			}
			for _, d := range dead {
				w.reaped(d)
			}
			w.check(w.b)
		})
	}
}

// A deadOne is a process that has died.
type deadOne struct {
	pid    uint32
	space  uint64
	fenced bool
}

func numbers(list []deadOne) (pids []int) {
	for _, d := range list {
		pids = append(pids, int(d.pid))
	}
	return pids
}

// die lets processes live and die, while nobody watches.
func (w *world) die(list []deadOne) (dead []*Namespace) {
	for _, d := range list {
		attach := w.attachYoung
		if d.fenced {
			attach = w.attach
		}
		n := attach()
		n.self.pid.store(d.pid)
		n.self.pidSpace.store(d.space)
		dead = append(dead, n)
	}
	for _, n := range dead {
		w.quietly(n)
	}
	return dead
}
