package shm

import "github.com/winsys-go/ipc/internal/backend"

// What is spun on is an object's state alone, so that there is nothing to undo.

// eager is for how many pauses an auto-reset event is taken rather than looked at: a
// look brings its word to this processor to see it, and taking it once more to change
// it. For longer that would keep the word from others who spin for it.
const eager = 16

// spinFor spins until o's signal is consumed or it does not seem worth it any
// more. One goroutine of a process spins at a time. So does one that has been bound
// to a processor since it attached, as the other may be bound to another.
func (o *Object) spinFor() (ok, wasAbandoned bool, err error) {
	n := o.n
	budget, probe := o.spin.Next()
	if budget == 0 || !n.several || o.local.Load() || !n.spinning.CompareAndSwap(false, true) {
		return false, false, nil
	}
	pause := 1
	for spent := int32(0); spent < budget; spent += int32(pause) {
		n.sys.Pause(pause)
		if spent < eager && o.auto != noState {
			ok = o.takeAuto()
		} else if o.seemsSignalled() {
			ok, wasAbandoned, err = o.tryFast()
		}
		if ok || err != nil {
			o.spin.Found(spent, probe)
			n.spinning.Store(false)
			return ok, wasAbandoned, err
		}
		if o.kind == backend.Mutex {
			pause = min(pause*2, 64) // others spin for it, too
		}
	}
	n.spinning.Store(false)
	o.spin.Missed(probe)
	return false, false, nil
}

// seemsSignalled looks at the state without disturbing its cache line.
func (o *Object) seemsSignalled() bool {
	if o.kind == backend.Mailslot {
		return !o.ring.empty()
	}
	p := payload(o.word.load())
	if o.kind == backend.Mutex {
		return p == 0
	}
	return p != 0
}
