//go:build linux && !ipcseam

package shm

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A stage is a namespace that will be damaged: three attachments, two of which
// go on using it, objects of each kind, and blocked waits of each sort.
type stage struct {
	t       testing.TB
	dir     string
	a, b, d *Namespace
	hands   [3]*hand // theirs
	rings   [3]ring  // of their mailslots, as somebody else has them mapped
	used    [tableCount]uint64
	telling []uint64

	waits   sync.WaitGroup
	ctx     context.Context // of some of them
	release context.CancelFunc
	late    *time.Timer
}

// A hand is what one attachment has open.
type hand struct {
	n      *Namespace
	auto   Event
	manual Event
	mutex  Mutex
	sem    Semaphore
	timer  Timer
	long   Event
	slot   Mailslot       // its own
	out    MailslotWriter // of the next one's
}

var (
	longName = strings.Repeat("a name of several chunks ", 8)
	names    = []string{"auto", "manual", "mutex", "sem", "timer", longName, "new", mailslotMark + "SLOT A"}
	// slotNames are those of the mailslots of a, b and d.
	slotNames = []string{"slot a", "slot b", "slot d"}
)

// hangs is how long a run may take. It is a thousand times what it takes.
const hangs = 30 * time.Second

// hangTimer ends the tests if a run hangs.
func hangTimer() *time.Timer {
	return time.AfterFunc(hangs, func() {
		debug.SetTraceback("crash") // shows who runs, too
		panic("an operation hangs; what everybody does follows")
	})
}

func newStage(t testing.TB) *stage {
	s := &stage{t: t, late: hangTimer()}
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	s.must(err)
	s.dir = dir
	s.ctx, s.release = context.WithCancel(context.Background())
	for i, n := range []**Namespace{&s.a, &s.b, &s.d} {
		*n = s.attach()
		s.hands[i] = s.openAll(*n)
	}
	s.openMailslots()
	s.block()
	s.blockMailslots()
	for t := range tableCount {
		s.used[t] = s.a.header().tables[t].used.load()
	}
	s.used[slotTable] = 3
	s.telling = s.tellingValues()
	for _, n := range []*Namespace{s.a, s.b, s.d} {
		n.hurry()
	}
	return s
}

// hurry makes n give up soon on a lock whose holder does not move: damage can
// name one that never had it.
func (n *Namespace) hurry() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.patience = time.Millisecond
}

func (s *stage) must(err error) {
	if err != nil {
		s.t.Helper()
		s.t.Fatal(err)
	}
}

func (s *stage) attach() *Namespace {
	sys, err := openFenced(s.dir)
	s.must(err)
	n, err := Attach(sys.mem, sys)
	s.must(err)
	return n
}

func (s *stage) openAll(n *Namespace) *hand {
	h := &hand{n: n}
	for o, spec := range map[*Object]backend.Spec{
		&h.auto.Object:   {Kind: backend.Event, Name: "auto"},
		&h.manual.Object: {Kind: backend.Event, Name: "manual", ManualReset: true},
		&h.mutex.Object:  {Kind: backend.Mutex, Name: "mutex"},
		&h.sem.Object:    {Kind: backend.Semaphore, Name: "sem", Max: 9, Initial: 1, Reclaim: true},
		&h.timer.Object:  {Kind: backend.Timer, Name: "timer"},
		&h.long.Object:   {Kind: backend.Event, Name: longName, Permanent: true},
	} {
		s.must(n.Create(o, spec))
	}
	return h
}

// block blocks a wait of each sort. d, which may be declared dead, has the
// mutex and the permit.
func (s *stage) block() {
	a, b, d := s.hands[0], s.hands[1], s.hands[2]
	locked, _, err := d.mutex.TryLock()
	taken, err2 := d.sem.TryAcquire()
	if !locked || !taken {
		s.t.Fatal("the first lock or permit is not to be had: ", err, err2)
	}
	s.must(a.timer.Set(time.Hour, time.Hour))
	s.wait(context.Background(), false, &a.auto.Object)
	s.wait(s.ctx, false, &a.timer.Object)
	s.wait(s.ctx, true, &b.auto.Object, &b.sem.Object, &b.timer.Object)
	s.wait(context.Background(), false, &b.mutex.Object)
	s.wait(s.ctx, false, &d.manual.Object, &d.auto.Object, &d.mutex.Object)
	s.wait(context.Background(), false, &d.sem.Object, &d.long.Object)
}

// openMailslots gives each one a mailslot, and a way to write to the next one's.
func (s *stage) openMailslots() {
	for i, h := range s.hands {
		s.must(h.n.CreateMailslot(&h.slot, &backend.MailslotSpec{Name: slotNames[i], Queue: minRing}))
		k := h.slot.view.index
		file, err := s.a.sys.OpenRing(k, minRing)
		s.must(err)
		s.must(s.rings[i].open(s.a.ringRecord(k), k, file))
	}
	for i, h := range s.hands {
		s.must(h.n.OpenMailslot(&h.out, slotNames[(i+1)%len(s.hands)]))
	}
}

// blockMailslots: the mailslots of a and d are full, and d and b wait for room;
// b waits for messages.
func (s *stage) blockMailslots() {
	a, b, d := s.hands[0], s.hands[1], s.hands[2]
	for _, h := range []*hand{b, d} {
		s.must(h.out.TryPut([]byte("message")))
		s.must(h.out.TryPut(nil))
		s.must(h.out.TryPut(make([]byte, minRing-5*wordSize)))
		s.blocked(h.n, "a blocked Put", func() error { return h.out.Put(s.ctx, []byte("one more")) })
	}
	s.blocked(b.n, "a blocked Get", func() error { return fails(b.slot.Get(context.Background())) })
	s.wait(s.ctx, true, &b.slot.Object, &b.auto.Object)
	s.wait(s.ctx, true, &a.slot.Object, &a.auto.Object)
}

// wait starts a wait and returns when it is queued.
func (s *stage) wait(ctx context.Context, all bool, objects ...*Object) {
	s.blocked(objects[0].n, "a blocked wait", func() error { return fails(Wait(ctx, nil, all, objects)) })
}

// blocked starts what waits, and returns when it is queued.
func (s *stage) blocked(n *Namespace, what string, do func() error) {
	queued := func() int {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.waiters.blocked
	}
	before := queued()
	s.waits.Go(func() { s.judge(what, do()) })
	for queued() == before {
		runtime.Gosched()
	}
}

// end lets everybody go. All waits must come back.
func (s *stage) end() {
	s.release()
	for _, n := range []*Namespace{s.a, s.b, s.d} {
		s.judge("close namespace", n.Close())
	}
	s.waits.Wait()
	for _, r := range s.rings {
		r.file.Close()
	}
	os.RemoveAll(s.dir)
	s.late.Stop()
}

// documented are the errors that operations may end with, damage or not.
var documented = []error{
	backend.ErrClosed, backend.ErrNotExist, backend.ErrExist, backend.ErrPermission, backend.ErrInvalid,
	backend.ErrUnsupported, backend.ErrNotOwner, backend.ErrTooManyPosts, backend.ErrWrongType,
	backend.ErrInvalidName, backend.ErrInvalidUse, backend.ErrNoSpace, backend.ErrCorrupt, backend.ErrVersion,
	backend.ErrDeleted, backend.ErrStalled, backend.ErrMailslotEmpty, backend.ErrMailslotFull,
	backend.ErrMessageTooBig, backend.ErrShortBuffer, context.Canceled, context.DeadlineExceeded,
}

// judge makes sure that an error is one that the documentation tells of.
func (s *stage) judge(what string, err error) {
	if err == nil {
		return
	}
	for _, d := range documented {
		if errors.Is(err, d) {
			return
		}
	}
	s.t.Errorf("%s: an error that wraps no sentinel: %v", what, err)
}
