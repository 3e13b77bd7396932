//go:build linux

package torture

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("torture-worker", work)
	testproc.Register("torture-after", after)
}

// The commands that the parent gives a worker.
const (
	freezeCommand = "freeze" // begin nothing new; blocked waits stay
	pauseCommand  = "pause"  // end all waits
	goCommand     = "go"     // go on
	leaveCommand  = "leave"  // leave the namespace, with all that the hands hold
)

// A worker is a process with a few hands.
type worker struct {
	child     *testproc.Child
	ledger    *ledger
	place     int // in the ledger
	namespace *ipc.Namespace
	handles   handles

	mu     sync.Mutex
	opened *sync.Cond
	closed bool            // the gate: nothing new begins
	waits  context.Context // of all waits
	end    context.CancelFunc
}

// ledgerIn and namespaceIn are the places of a run in its directory.
func ledgerIn(dir string) string    { return filepath.Join(dir, "ledger") }
func namespaceIn(dir string) string { return filepath.Join(dir, "namespace") }

// work is a worker's life. It begins at rest. Its arguments are the directory, the seed, the
// place in the ledger and the number of this life.
func work(c *testproc.Child) {
	w := &worker{child: c, closed: true}
	w.opened = sync.NewCond(&w.mu)
	w.waits, w.end = context.WithCancel(context.Background())
	place, err1 := strconv.Atoi(c.Args[2])
	seed, err2 := strconv.ParseUint(c.Args[1], 10, 64)
	life, err3 := strconv.ParseUint(c.Args[3], 10, 64)
	ledger, err4 := openLedger(ledgerIn(c.Args[0]))
	namespace, err5 := ipc.OpenNamespace(namespaceIn(c.Args[0]), nil)
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			c.Fatalf("%v", err)
		}
	}
	w.ledger, w.place, w.namespace = ledger, place, namespace
	if err := w.handles.each(namespace, open); err != nil {
		c.Fatalf("%v", err)
	}
	for i := range handsPerWorker {
		h := &hand{
			worker: w, record: &ledger.hands[place][i], number: handNumber(life, i),
			random: rand.New(rand.NewPCG(seed, handNumber(life, i))), owner: ipc.NewOwner(),
		}
		go h.live()
	}
	w.obey()
}

// obey does what the parent says, until it says leave.
func (w *worker) obey() {
	for {
		switch line := w.child.Line(); line {
		case freezeCommand:
			w.mu.Lock()
			w.closed = true
			w.mu.Unlock()
		case pauseCommand:
			w.end()
		case goCommand:
			w.mu.Lock()
			w.closed = false
			w.waits, w.end = context.WithCancel(context.Background())
			w.opened.Broadcast()
			w.mu.Unlock()
		case leaveCommand:
			if err := w.namespace.Close(); err != nil {
				w.child.Fatalf("%v", err)
			}
			return
		default:
			w.child.Fatalf("the parent says %q", line)
		}
		w.ledger.obeyed[w.place].Add(1)
	}
}

// gate lets a hand pass, or rest until the gate is open. It gives the context
// of the waits that the hand may begin.
func (w *worker) gate(r *handRecord) context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.closed {
		r.resting.Store(1)
		w.opened.Wait()
	}
	r.resting.Store(0)
	return w.waits
}
