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
}

var (
	longName = strings.Repeat("a name of several chunks ", 8)
	names    = []string{"auto", "manual", "mutex", "sem", "timer", longName, "new"}
)

// hangs is how long a run may take. It is a thousand times what it takes.
const hangs = 30 * time.Second

func newStage(t testing.TB) *stage {
	s := &stage{t: t}
	s.late = time.AfterFunc(hangs, func() {
		debug.SetTraceback("crash") // shows who runs, too
		panic("an operation hangs; what everybody does follows")
	})
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	s.must(err)
	s.dir = dir
	s.ctx, s.release = context.WithCancel(context.Background())
	for i, n := range []**Namespace{&s.a, &s.b, &s.d} {
		*n = s.attach()
		s.hands[i] = s.openAll(*n)
	}
	s.block()
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

// wait starts a wait and returns when it is queued.
func (s *stage) wait(ctx context.Context, all bool, objects ...*Object) {
	n := objects[0].n
	queued := func() int {
		n.mu.Lock()
		defer n.mu.Unlock()
		return len(n.waiting)
	}
	before := queued()
	s.waits.Go(func() {
		_, err := Wait(ctx, nil, all, objects)
		s.judge("a blocked wait", err)
	})
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
	os.RemoveAll(s.dir)
	s.late.Stop()
}

// documented are the errors that operations may end with, damage or not.
var documented = []error{
	backend.ErrClosed, backend.ErrNotExist, backend.ErrExist, backend.ErrPermission, backend.ErrInvalid,
	backend.ErrUnsupported, backend.ErrNotOwner, backend.ErrTooManyPosts, backend.ErrWrongType,
	backend.ErrInvalidName, backend.ErrInvalidUse, backend.ErrNoSpace, backend.ErrCorrupt, backend.ErrVersion,
	backend.ErrDeleted, backend.ErrStalled, context.Canceled, context.DeadlineExceeded,
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
