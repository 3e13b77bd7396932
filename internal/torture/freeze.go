//go:build linux

package torture

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// longestWait is how long the parent waits for what must happen by itself.
const longestWait = 20 * time.Second

// until waits for a condition, which says why it does not hold, or nothing. If
// it never does somebody hangs, or is lost.
func (r *run) until(what string, holds func() (why string)) {
	r.t.Helper()
	patience := testproc.NewPatience(longestWait)
	why := holds()
	for why != "" && !patience.Out() {
		r.alive()
		time.Sleep(200 * time.Microsecond)
		why = holds()
	}
	if why != "" {
		r.t.Errorf("torture: %s: this does not come about: %s\n%s", what, why, r.accounts())
		r.dump()
		r.t.FailNow()
	}
}

// alive checks that no worker has ended, which one does that finds a fault.
func (r *run) alive() {
	for i, p := range r.workers {
		select {
		case <-p.Ended():
			p.Wait()
			r.t.Fatalf("torture: worker %d ended by itself\n%s", i, r.accounts())
		default:
		}
	}
}

// accounts describes all hands.
func (r *run) accounts() string {
	var b strings.Builder
	for i, p := range r.workers {
		for k := range r.ledger.hands[i] {
			record := &r.ledger.hands[i][k]
			fmt.Fprintf(&b, "process %d, hand %d: %v, resting %d\n", p.PID(), k, record.read(), record.resting.Load())
		}
	}
	return b.String()
}

// dump ends the workers with hands that do not rest. What their goroutines were
// doing is logged at the end of the test.
func (r *run) dump() {
	for i, p := range r.workers {
		if r.resting(i) != handsPerWorker {
			p.Dump()
		}
	}
}

// tell says something to workers.
func (r *run) tell(places []int, command string) {
	for _, i := range places {
		r.workers[i].Sayf("%s", command)
		r.told[i]++
	}
}

// everybody is all places.
var everybody = slices.Collect(set(1<<workers - 1).all())

// freeze lets everybody come to rest, or be blocked. Sometimes one dies then:
// nothing moves any more that would cover up what its death fails to bring
// about.
func (r *run) freeze() {
	r.tell(everybody, freezeCommand)
	r.until("everybody rests or is blocked", r.frozen)
	if r.chance(4) {
		victim := r.some(1)
		r.strike(victim)
		r.bury(victim)
		r.until("everybody rests or is blocked after a death", r.frozen)
	}
	r.tell(everybody, pauseCommand)
	r.until("everybody rests", r.paused)
}

// obeys reports whether a worker has carried out all that it was told. Hands that
// rest before may have been told to go on meanwhile, and not know it yet.
func (r *run) obeys(i int) bool { return r.ledger.obeyed[i].Load() == r.told[i] }

// resting counts the hands of a worker that rest for good.
func (r *run) resting(i int) (n int) {
	if !r.obeys(i) {
		return 0
	}
	for k := range r.ledger.hands[i] {
		n += int(r.ledger.hands[i][k].resting.Load())
	}
	return n
}

// paused says which hand does not rest.
func (r *run) paused() (why string) {
	for i := range r.workers {
		if n := r.resting(i); n != handsPerWorker {
			return fmt.Sprintf("worker %d has %d hands at rest", i, n)
		}
	}
	return ""
}

// frozen says which hand neither rests nor is blocked, as the objects see it,
// in a wait that cannot succeed.
func (r *run) frozen() (why string) {
	blocked := [len(objects)]map[int]int{}
	for k := range objects {
		blocked[k] = map[int]int{}
	}
	var waiting []account
	for i, p := range r.workers {
		if !r.obeys(i) {
			return fmt.Sprintf("worker %d has not heard it", i)
		}
		for k := range r.ledger.hands[i] {
			record := &r.ledger.hands[i][k]
			if record.resting.Load() != 0 {
				continue
			}
			a := record.read()
			if a.taking() == 0 {
				return fmt.Sprintf("hand %d of worker %d is busy", k, i)
			}
			waiting = append(waiting, a)
			for u := range a.taking().all() {
				blocked[u][p.PID()]++
			}
		}
	}
	infos := r.describe()
	for k, info := range infos {
		if why := listed(info, blocked[k]); why != "" {
			return why
		}
	}
	return satisfiable(waiting, infos)
}

// listed compares the blocked waits that an object lists with those that there
// should be, by process.
func listed(info ipc.Info, want map[int]int) (why string) {
	for _, w := range info.Waiting {
		want[w.PID]--
	}
	for pid, n := range want {
		if n != 0 {
			return fmt.Sprintf("process %d has %d more blocked waits than %s lists", pid, n, info.Name)
		}
	}
	return ""
}

// satisfiable says which wait could succeed and is blocked.
func satisfiable(waiting []account, infos []ipc.Info) (why string) {
	var signalled set
	for k, info := range infos {
		if info.Signaled {
			signalled |= of(k)
		}
	}
	for _, a := range waiting {
		ready := a.taking() & signalled
		if ready == a.taking() || a.any() && ready != 0 {
			return fmt.Sprintf("a wait for %v is blocked, and %v are signalled", a.taking(), ready)
		}
	}
	return ""
}

// describe describes all objects.
func (r *run) describe() []ipc.Info {
	infos := make([]ipc.Info, len(objects))
	for k := range objects {
		info, err := r.handles.describe(k)
		if err != nil {
			r.t.Fatalf("torture: describe %s: %v", objects[k].name, err)
		}
		infos[k] = info
	}
	return infos
}
