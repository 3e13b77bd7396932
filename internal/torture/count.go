//go:build linux

package torture

import (
	"fmt"
	"time"

	"github.com/winsys-go/ipc"
)

// The dead are what was left by those who were killed since the last
// checkpoint.
type dead struct {
	certain  shortage // what died with its hand
	doubtful shortage // how many operations in doubt were about an object
	doubts   [][]set  // outcomes of each operation in doubt about something that can be lost
}

// checkpoint brings everybody to rest, counts everything, replaces what the
// dead have lost, and lets everybody go on.
func (r *run) checkpoint() {
	r.freeze()
	r.count(r.living)
	r.tell(everybody, goCommand)
}

// count counts everything while nobody moves. tidy says what else is yet to
// come about.
func (r *run) count(tidy func([]ipc.Info) (why string)) {
	var infos []ipc.Info
	r.until("the dead are cleared up", func() (why string) {
		infos = r.describe()
		return tidy(infos)
	})
	missing := r.missing(infos)
	lost := missing.beside(&r.dead.certain)
	if !explain(lost, r.dead.doubts) {
		r.t.Fatalf("torture: a unit was lost or doubled: missing %v, lost with the dead %v, in doubt %v\n%s",
			missing, r.dead.certain, r.dead.doubts, r.accounts())
	}
	r.account(lost)
	r.checkGuards(missing)
	r.checkLocks(infos)
	r.restore(missing)
	r.dead = dead{}
	r.tally.checkpoints++
}

// living: the living have everything open once, the dead nothing, nobody waits,
// the permits of deposits are all back, mutexes belong to the living, and there
// are no other objects.
func (r *run) living(infos []ipc.Info) (why string) {
	held := r.held()
	for k, info := range infos {
		switch {
		case info.Waiters != 0:
			return fmt.Sprintf("%s has %d waiters", info.Name, info.Waiters)
		case info.Handles != 1+workers || len(info.Holders) != 1+workers:
			return fmt.Sprintf("%s has %d handles of %d processes", info.Name, info.Handles, len(info.Holders))
		case deposits.has(k) && info.Count+held[k] != info.Max:
			return fmt.Sprintf("%s has %d permits and %d are held, of %d", info.Name, info.Count, held[k], info.Max)
		case locks.has(k) && held[k] == 0 && info.Owner != nil:
			return fmt.Sprintf("%s belongs to process %d", info.Name, info.Owner.PID)
		case locks.has(k) && held[k] == 1 && (info.Owner == nil || info.Owner.PID != r.workers[r.holder(k)].PID()):
			return fmt.Sprintf("%s belongs to %v, and worker %d holds it", info.Name, info.Owner, r.holder(k))
		}
	}
	return r.listed(len(objects))
}

// listed says whether the namespace lists another number of objects.
func (r *run) listed(want int) (why string) {
	list, err := r.namespace.Objects()
	if err != nil {
		r.t.Fatalf("torture: %v", err)
	}
	if len(list) != want {
		return fmt.Sprintf("there are %d objects, want %d: %v", len(list), want, list)
	}
	return ""
}

// held counts what the living hold.
func (r *run) held() (units shortage) {
	for i := range r.ledger.hands {
		for k := range r.ledger.hands[i] {
			for u := range r.ledger.hands[i][k].read().held().all() {
				units[u]++
			}
		}
	}
	return units
}

// holder is the worker that holds a unit of object u, or -1.
func (r *run) holder(u int) int {
	for i := range r.ledger.hands {
		for k := range r.ledger.hands[i] {
			if r.ledger.hands[i][k].read().held().has(u) {
				return i
			}
		}
	}
	return -1
}

// missing is what is neither in its object nor held.
func (r *run) missing(infos []ipc.Info) (units shortage) {
	held := r.held()
	for k := range conserved.all() {
		present := infos[k].Count
		if objects[k].kind != pool && (infos[k].Signaled || !infos[k].Due.IsZero()) {
			present = 1
		}
		units[k] = objects[k].total - present - held[k]
	}
	return units
}

// beside is what is missing beside the units of conserved objects among others.
func (s shortage) beside(others *shortage) shortage {
	for k := range conserved.all() {
		s[k] -= others[k]
	}
	return s
}

// account adds up how much was counted, and how much of it exactly.
func (r *run) account(lost shortage) {
	r.tally.doubts += len(r.dead.doubts)
	for k := range conserved.all() {
		r.tally.counted++
		if r.dead.doubtful[k] == 0 {
			r.tally.exact++
		}
		r.tally.lost += lost[k]
	}
}

// checkGuards: a guard has the number of the hand that has the unit; a dead
// one's only if the unit is lost.
func (r *run) checkGuards(missing shortage) {
	for k := range exclusive.all() {
		guard := r.ledger.guards[k].Load()
		var want uint64
		if i := r.holder(k); i >= 0 {
			want = handNumber(r.life[i], r.handWith(i, k))
		}
		if guard != want && (want != 0 || missing[k] == 0 && !locks.has(k)) {
			r.t.Fatalf("torture: the guard of %s is %d, want %d\n%s", objects[k].name, guard, want, r.accounts())
		}
	}
}

// handWith is the hand of worker i that holds a unit of object u.
func (r *run) handWith(i, u int) int {
	for k := range r.ledger.hands[i] {
		if r.ledger.hands[i][k].read().held().has(u) {
			return k
		}
	}
	return -1
}

// checkLocks locks each free mutex, and compares how often owners were told of
// abandonment with how often it happened.
func (r *run) checkLocks(infos []ipc.Info) {
	for k := range locks.all() {
		if infos[k].Owner == nil {
			r.lockOnce(k)
		}
		told := int(r.ledger.told[k].Swap(0))
		certain := r.dead.certain[k] + int(r.ledger.abandoned[k].Swap(0))
		if told < certain || told > certain+r.dead.doubtful[k] {
			r.t.Fatalf("torture: %s was abandoned %d times for certain, %d times in doubt, and %d owners were told",
				objects[k].name, certain, r.dead.doubtful[k], told)
		}
		r.tally.abandoned += told
	}
}

// lockOnce locks and unlocks a mutex that is free.
func (r *run) lockOnce(k int) {
	m := r.handles.mutex(k)
	locked, abandoned, err := m.TryLock()
	if err != nil || !locked {
		r.t.Fatalf("torture: lock %s, which is free: locked %v, %v", objects[k].name, locked, err)
	}
	guard := r.ledger.guards[k].Swap(0)
	if abandoned {
		r.ledger.told[k].Add(1)
	} else if guard != 0 {
		r.t.Fatalf("torture: %s was not abandoned, and hand %d was in it", objects[k].name, guard)
	}
	if err := m.Unlock(); err != nil {
		r.t.Fatalf("torture: unlock %s: %v", objects[k].name, err)
	}
}

// restore puts units in the place of those that are missing.
func (r *run) restore(missing shortage) {
	for k := range conserved.all() {
		for range missing[k] {
			if exclusive.has(k) {
				r.ledger.guards[k].Store(0)
			}
			if err := r.handles.give(k, time.Duration(r.random.IntN(2))); err != nil {
				r.t.Fatalf("torture: replace a unit of %s: %v", objects[k].name, err)
			}
		}
	}
}
