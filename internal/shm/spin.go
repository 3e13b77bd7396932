package shm

import "github.com/winsys-go/ipc/internal/backend"

// What is spun on is an object's state alone, so that there is nothing to undo.

// spinFor spins until o's signal is consumed or it does not seem worth it any
// more. One goroutine of a process spins at a time.
func (o *Object) spinFor() (ok, wasAbandoned bool, err error) {
	n := o.n
	budget, probe := o.spin.Next()
	if budget == 0 || n.processors.Load() < 2 || o.local.Load() || !n.spinning.CompareAndSwap(false, true) {
		return false, false, nil
	}
	defer n.spinning.Store(false)
	pause := 1
	for spent := int32(0); spent < budget; spent += int32(pause) {
		n.sys.Pause(pause)
		if o.seemsSignalled() {
			if ok, wasAbandoned, err = o.tryFast(); ok || err != nil {
				o.spin.Found(spent, probe)
				return ok, wasAbandoned, err
			}
		}
		if o.kind == backend.Mutex {
			pause = min(pause*2, 64) // others spin for it, too
		}
	}
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
