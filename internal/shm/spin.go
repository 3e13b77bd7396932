package shm

import "github.com/winsys-go/ipc/internal/backend"

// What is spun on is an object's state alone, so that there is nothing to undo.

const (
	// eager is how many pauses a spin makes no pauses in: what comes within a
	// tenth of a microsecond is not to be met in the middle of one.
	eager = 4
	// looksPerPause is how many looks take about as long as a pause.
	looksPerPause = 12
)

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
		if spent < eager && o.kind != backend.Mutex {
			o.soonSignalled()
		} else {
			n.sys.Pause(pause)
		}
		if o.seemsSignalled() {
			if ok = o.takeAuto(); !ok {
				ok, wasAbandoned, err = o.tryFast()
			}
			if ok || err != nil {
				o.spin.Found(spent, probe)
				n.spinning.Store(false)
				return ok, wasAbandoned, err
			}
		}
		if o.kind == backend.Mutex {
			pause = min(pause*2, 64) // others spin for it, too
		}
	}
	n.spinning.Store(false)
	o.spin.Missed(probe)
	return false, false, nil
}

// soonSignalled looks for as long as a pause takes, without one.
func (o *Object) soonSignalled() bool {
	for range looksPerPause {
		if o.seemsSignalled() {
			return true
		}
	}
	return false
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
