//go:build ipcseam

package shm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/winsys-go/ipc/internal/backend"
)

// Exploration of mailslots: processes that send to a small mailslot, receive
// from it and wait for it, create it anew, close their ends, leave and die, on
// the simulated machine. explore_mail_check_test.go says what is right.

type mailVerb int

const (
	mPut mailVerb = iota
	mTryPut
	mGet
	mTryGet
	mWait    // for the mailslot
	mWaitAny // for the mailslot or the event
	mWaitAll // for both
	mSet     // the event
	mCreate
	mOpen
	mCloseReader
	mCloseWriter
	mLeave
	mDie // nobody's call
)

var mailVerbNames = [...]string{"Put", "TryPut", "Get", "TryGet", "Wait", "WaitAny", "WaitAll", "Set", "Create", "Open", "CloseReader", "CloseWriter", "Leave", "is killed"}

// What those do who read and those who write, as often as drawn.
var (
	readerVerbs = []mailVerb{mGet, mGet, mGet, mTryGet, mTryGet, mTryGet, mWait, mWaitAny, mWaitAll, mSet, mTryPut, mCloseReader, mCreate}
	writerVerbs = []mailVerb{mPut, mPut, mPut, mPut, mPut, mTryPut, mTryPut, mTryPut, mSet, mOpen, mCloseWriter, mCreate, mGet}
)

// mailQueues are the sizes of mailslots: mostly a tiny one, or one that begins
// at the beginning again when it is empty, or one that gives memory back then.
var mailQueues = []int{minRing, minRing, minRing, minRing, minRing, minRing, 2 * rewindAfter, 2 * keptMemory}

// drawSize draws that of a message. Of the largest only one fits.
func (p *mailPlan) drawSize(r *rand.Rand) int {
	return []int{8, 8, p.queue / 4, p.queue/2 - wordSize, p.queue - wordSize}[r.IntN(5)]
}

type mailCall struct {
	verb   mailVerb
	size   int
	cancel bool // its context is cancelled at some step
}

type mailProgram struct {
	proc  int
	calls []mailCall
}

// A mailPlan is what a run does. Process 0 has the mailslot at first; all have
// it open for writing.
type mailPlan struct {
	queue    int
	procs    int
	programs []mailProgram
	deaths   []death
}

func newMailPlan(r *rand.Rand) *mailPlan {
	p := &mailPlan{queue: mailQueues[r.IntN(len(mailQueues))], procs: 2 + r.IntN(3)}
	for proc := range p.procs {
		for range 1 + r.IntN(2)*r.IntN(3) {
			if len(p.programs) < 5 {
				p.programs = append(p.programs, p.drawProgram(r, proc))
			}
		}
	}
	for range max(r.IntN(5)-2, 0) {
		p.deaths = append(p.deaths, death{r.IntN(p.procs), r.IntN(1200)})
	}
	return p
}

func (p *mailPlan) drawProgram(r *rand.Rand, proc int) mailProgram {
	g, verbs := mailProgram{proc: proc}, writerVerbs
	if proc == 0 {
		verbs = readerVerbs
	}
	for range 1 + r.IntN(5) {
		verb := verbs[r.IntN(len(verbs))]
		if verb >= mCreate && r.IntN(2) == 0 {
			verb = verbs[0]
		}
		g.calls = append(g.calls, mailCall{verb, p.drawSize(r), r.IntN(4) == 0})
	}
	if r.IntN(12) == 0 {
		g.calls = append(g.calls, mailCall{verb: mLeave})
	}
	return g
}

// A mailRecord is one call, or the death of a process. It takes effect at one
// moment from begin to end, if at all.
type mailRecord struct {
	mailCall
	proc, program int
	which         int // of a reader or a writer: the number of the end that it uses or makes
	id            int // of the message that a Put sends, or a Get got
	begin, end    int
	cancelled     int
	code          error // nil, or a sentinel
	index         int   // of a wait-any
}

// A mailRun is what happened.
type mailRun struct {
	plan    *mailPlan
	m       *machine
	records []*mailRecord
	clock   int
	readers []*Mailslot // by number, as writers
	writers []*MailslotWriter
	events  []*Event // of each process
	dying   map[*simProcess]*mailRecord
	sent    int
}

func (h *mailRun) tick() int {
	h.clock++
	return h.clock
}

func (h *mailRun) add(r *mailRecord) *mailRecord {
	r.begin, r.end, r.cancelled = h.tick(), noEnd, noEnd
	h.records = append(h.records, r)
	return r
}

func prepareMail(m *machine, p *mailPlan) *mailRun {
	h := &mailRun{plan: p, m: m, dying: map[*simProcess]*mailRecord{}}
	m.attach(p.procs + 1)
	h.readers = []*Mailslot{{}}
	must1(m.procs[0].n.CreateMailslot(h.readers[0], p.spec()))
	for _, s := range m.procs[:p.procs] {
		w, e := &MailslotWriter{}, &Event{}
		must1(s.n.OpenMailslot(w, "slot"))
		must1(s.n.Create(&e.Object, spec("e")))
		h.writers, h.events = append(h.writers, w), append(h.events, e)
	}
	h.wear()
	for i, g := range p.programs {
		h.start(i, g)
	}
	m.watch = h.watch
	return h
}

// wear sends and receives once, so that a large mailslot is not at its beginning.
func (h *mailRun) wear() {
	if h.plan.queue > minRing {
		must1(h.writers[0].TryPut(make([]byte, h.plan.queue*5/8)))
		must2(h.readers[0].TryGet())
	}
}

func (p *mailPlan) spec() *backend.MailslotSpec {
	return &backend.MailslotSpec{Name: "slot", Queue: int64(p.queue)}
}

func must1(err error) {
	if err != nil {
		panic(err)
	}
}

func must2[T any](v T, err error) T {
	must1(err)
	return v
}

// watch kills who is due, and sees when nothing is left of him.
func (h *mailRun) watch(access) {
	for _, d := range h.plan.deaths {
		if d.step == h.m.steps {
			h.kill(h.m.procs[d.proc])
		}
	}
	for p, r := range h.dying {
		if p.reaped() {
			delete(h.dying, p)
			r.end = h.tick()
		}
	}
}

func (h *mailRun) kill(p *simProcess) {
	if p.dead || len(p.claims) == 0 {
		return
	}
	h.dying[p] = h.add(&mailRecord{mailCall: mailCall{verb: mDie}, proc: p.number - 1, program: -1})
	h.m.kill(p)
}

// A mailRunner runs a program.
type mailRunner struct {
	*mailRun
	program        int
	proc           *simProcess
	reader, writer int // what it uses; -1: none
}

func (h *mailRun) start(i int, g mailProgram) {
	r := &mailRunner{h, i, h.m.procs[g.proc], -1, g.proc}
	if g.proc == 0 {
		r.reader = 0
	}
	var contexts []*simContext
	for range g.calls {
		contexts = append(contexts, newSimContext(h.m))
	}
	h.m.start(r.proc, fmt.Sprintf("program %d", i), func() {
		for k, c := range g.calls {
			r.call(contexts[k], c)
		}
	})
}

// call does one operation and records it.
func (r *mailRunner) call(ctx *simContext, c mailCall) {
	rec := &mailRecord{mailCall: c, proc: r.proc.number - 1, program: r.program}
	switch c.verb {
	case mPut, mTryPut:
		r.sent++
		rec.id, rec.which = r.sent, r.writer
	case mCloseWriter:
		rec.which = r.writer
	case mGet, mTryGet, mWait, mWaitAny, mWaitAll, mCloseReader:
		if rec.which = r.reader; r.reader < 0 {
			return
		}
	case mCreate:
		rec.which = len(r.readers)
		r.readers = append(r.readers, &Mailslot{})
	case mOpen:
		rec.which = len(r.writers)
		r.writers = append(r.writers, &MailslotWriter{})
	case mLeave:
		if r.proc.leaves {
			return // somebody beside this one does it
		}
		r.proc.leaves = true
	}
	r.add(rec)
	if c.cancel && rec.blocks() {
		r.m.start(r.proc, "canceller", func() {
			r.m.step(change)
			if rec.end == noEnd {
				rec.cancelled = r.tick()
				ctx.cancel()
			}
		})
	}
	rec.code = mailCode(r.perform(ctx, rec))
	rec.end = r.tick()
	switch {
	case rec.code != nil:
	case c.verb == mCreate:
		r.reader = rec.which
	case c.verb == mOpen:
		r.writer = rec.which
	}
}

func (r *mailRunner) perform(ctx context.Context, rec *mailRecord) (err error) {
	switch rec.verb {
	case mPut:
		return r.writers[rec.which].Put(ctx, mailMessage(rec.id, rec.size))
	case mTryPut:
		return r.writers[rec.which].TryPut(mailMessage(rec.id, rec.size))
	case mGet:
		rec.id, rec.size, err = mailID(r.readers[rec.which].Get(ctx))
		return err
	case mTryGet:
		rec.id, rec.size, err = mailID(r.readers[rec.which].TryGet())
		return err
	case mWait:
		return r.readers[rec.which].Wait(ctx)
	case mWaitAny, mWaitAll:
		refs := []*Object{&r.readers[rec.which].Object, &r.events[rec.proc].Object}
		result, err := Wait(ctx, nil, rec.verb == mWaitAll, refs)
		rec.index = result.Index
		return err
	case mSet:
		return r.events[rec.proc].Set()
	case mCreate:
		return r.proc.n.CreateMailslot(r.readers[rec.which], r.plan.spec())
	case mOpen:
		return r.proc.n.OpenMailslot(r.writers[rec.which], "slot")
	case mCloseReader:
		return r.readers[rec.which].Close()
	case mCloseWriter:
		return r.writers[rec.which].Close()
	default:
		return r.proc.n.depart() // Close would keep the machine for its mapping
	}
}

// mailMessage makes a message that is filled with its number.
func mailMessage(id, size int) []byte {
	m := make([]byte, size)
	for at := 0; at < size; at += 8 {
		binary.LittleEndian.PutUint64(m[at:], uint64(id))
	}
	return m
}

// mailID gives the number of a message, -1 for one that is not whole.
func mailID(m []byte, err error) (id, size int, e error) {
	if err != nil {
		return 0, 0, err
	}
	if len(m) < 8 {
		return -1, len(m), nil
	}
	id = int(binary.LittleEndian.Uint64(m))
	for at := 0; at+8 <= len(m); at += 8 {
		if int(binary.LittleEndian.Uint64(m[at:])) != id {
			return -1, len(m), nil
		}
	}
	return id, len(m), nil
}

var mailErrors = []error{backend.ErrClosed, backend.ErrNotExist, backend.ErrExist, backend.ErrMailslotFull, backend.ErrMailslotEmpty, context.Canceled}

func mailCode(err error) error {
	for _, s := range mailErrors {
		if errors.Is(err, s) {
			return s
		}
	}
	return err
}

// blocks reports whether a call may block.
func (c mailCall) blocks() bool {
	switch c.verb {
	case mPut, mGet, mWait, mWaitAny, mWaitAll:
		return true
	}
	return false
}

// exploreMail plays a plan in the interleaving of a seed.
func exploreMail(seed uint64, p *mailPlan) (h *mailRun, err error) {
	m := newMachine(seed)
	defer m.off()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a panic: %v", r)
		}
	}()
	m.policy = newPolicy(m.random)
	h = prepareMail(m, p)
	m.run()
	if m.stalled != nil {
		return h, m.stalled
	}
	return h, h.check()
}

func (h *mailRun) String() string {
	if h == nil {
		return ""
	}
	var b strings.Builder
	for i, r := range h.records {
		fmt.Fprintf(&b, "%3d %s\n", i, r)
	}
	return b.String()
}

func (r *mailRecord) String() string {
	end := fmt.Sprint(r.end)
	if r.end == noEnd {
		end = "…"
	}
	s := fmt.Sprintf("[%d, %s] P%d program %d: %s through %d", r.begin, end, r.proc+1, r.program, mailVerbNames[r.verb], r.which)
	if r.id != 0 {
		s += fmt.Sprintf(" message %d of %d bytes", r.id, r.size)
	}
	if r.cancelled != noEnd {
		s += fmt.Sprintf(" (cancelled at %d)", r.cancelled)
	}
	if r.end != noEnd {
		s += fmt.Sprintf(": %v, %d", r.code, r.index)
	}
	return s
}
