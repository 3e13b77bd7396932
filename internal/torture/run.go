//go:build linux

package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// A run is the parent's side of the torture.
type run struct {
	t         *testing.T
	dir       string
	seed      uint64
	random    *rand.Rand
	ledger    *ledger
	namespace *ipc.Namespace
	segment   segment
	handles   handles

	workers [workers]*testproc.Proc
	life    [workers]uint64 // the number of each one's life
	told    [workers]uint64 // how many commands each was given in it
	lives   uint64
	dead    dead
	tally   tally
}

// A tally sums a run up.
type tally struct {
	kills, stops, checkpoints    int
	locked                       int // kills of one that held the namespace's lock
	counted, exact, doubts, lost int
	abandoned                    int
	operations, cancelled        uint64
	time                         time.Duration
}

func (y *tally) String() string {
	return fmt.Sprintf("%d kills (%d seen to die with the lock), %d stops, %d operations, %d waits cancelled, %d checkpoints in %v; "+
		"%d counts of units, %d of them without any doubt; %d operations of the dead in doubt had lost %d units; "+
		"%d abandoned mutexes; nothing lost, nothing doubled, nobody hung",
		y.kills, y.locked, y.stops, y.operations, y.cancelled, y.checkpoints, y.time.Round(time.Second),
		y.counted, y.exact, y.doubts, y.lost, y.abandoned)
}

// Run tortures the package for some time. The seed determines what is drawn,
// not when it happens.
func Run(t *testing.T, length time.Duration, seed uint64) {
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &run{t: t, dir: dir, seed: seed, random: rand.New(rand.NewPCG(seed, 0))}
	t.Logf("seed %d", seed)
	r.open()
	begin := time.Now()
	for i := range r.workers {
		r.start(i)
	}
	r.tell(everybody, goCommand)
	for time.Since(begin) < length {
		r.harass()
		r.checkpoint()
	}
	r.end()
	r.tally.time = time.Since(begin)
	t.Logf("torture: seed %d: %v", seed, &r.tally)
}

// open makes the ledger, the namespace and the objects in it.
func (r *run) open() {
	var err error
	if r.ledger, err = openLedger(ledgerIn(r.dir)); err != nil {
		r.t.Fatal(err)
	}
	if r.namespace, err = ipc.OpenNamespace(namespaceIn(r.dir), nil); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.namespace.Close() })
	if r.segment, err = openSegment(filepath.Join(namespaceIn(r.dir), "segment")); err != nil {
		r.t.Fatal(err)
	}
	if err := r.handles.each(r.namespace, create); err != nil {
		r.t.Fatal(err)
	}
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
