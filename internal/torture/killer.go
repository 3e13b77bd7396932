//go:build linux

package torture

import (
	"slices"
	"syscall"
	"time"

	"github.com/winsys-go/ipc/internal/testproc"
)

// longestStop is how long a worker may be stopped: it may hold the namespace's
// lock meanwhile.
const longestStop = 50 * time.Millisecond

// harass kills and stops workers at random until the next checkpoint is due.
func (r *run) harass() {
	for range r.random.IntN(6) {
		r.pause(8 * time.Millisecond)
		switch n := r.random.IntN(100); {
		case n < 35:
			r.kill(r.some(1))
		case n < 70:
			r.replace(r.aim())
		case n < 80:
			r.kill(r.some(2 + r.random.IntN(2)))
		case n < 81:
			r.kill(r.some(workers))
		default:
			r.stop()
		}
	}
	r.pause(10 * time.Millisecond)
}

// pause lets a random time pass.
func (r *run) pause(most time.Duration) { time.Sleep(time.Duration(r.random.Int64N(int64(most)))) }

// some draws n workers.
func (r *run) some(n int) []int { return r.random.Perm(workers)[:n] }

// kill kills workers at the same time, and replaces them.
func (r *run) kill(places []int) {
	r.strike(places)
	r.replace(places)
}

func (r *run) strike(places []int) {
	for _, i := range places {
		r.workers[i].Strike()
	}
}

// stop stops a worker for a moment, in which another one may die, or it may
// itself.
func (r *run) stop() {
	stopped := r.random.IntN(workers)
	p := r.workers[stopped]
	p.Stop()
	r.tally.stops++
	var struck []int
	if r.chance(3) {
		struck = r.some(1)
		r.pause(time.Millisecond)
		r.strike(struck)
	}
	r.pause(longestStop / 2)
	if !slices.Contains(struck, stopped) {
		p.Cont()
	}
	r.replace(struck)
}

// replace buries workers that were struck, and sets others to work.
func (r *run) replace(places []int) {
	r.bury(places)
	r.tell(places, goCommand)
}

// bury waits for the end of those who were struck, reads from the ledger what
// they leave, and starts others in their places, which rest until they are told
// to go.
func (r *run) bury(places []int) {
	for _, i := range places {
		p := r.workers[i]
		state := p.Wait()
		if status, ok := state.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
			r.t.Fatalf("torture: a worker ended before it was killed: %v", state)
		}
		r.inherit(i)
		r.start(i)
		r.tally.kills++
	}
}

// inherit adds the accounts of a dead worker to those of the dead.
func (r *run) inherit(i int) {
	for k := range r.ledger.hands[i] {
		record := &r.ledger.hands[i][k]
		a := record.read()
		for u := range a.certain().all() {
			r.dead.certain[u]++
		}
		for u := range a.doubtful().all() {
			r.dead.doubtful[u]++
		}
		if outcomes := a.outcomes(); len(outcomes) > 1 {
			r.dead.doubts = append(r.dead.doubts, outcomes)
		}
		record.write(0)
		record.resting.Store(0)
	}
	r.ledger.obeyed[i].Store(0)
}

// start starts a worker.
func (r *run) start(i int) {
	r.lives++
	r.life[i] = r.lives
	r.told[i] = 0
	r.workers[i] = testproc.Start(r.t, "torture-worker", r.dir, decimal(r.seed), decimal(uint64(i)), decimal(r.lives))
}

func (r *run) chance(n int) bool { return r.random.IntN(n) == 0 }
