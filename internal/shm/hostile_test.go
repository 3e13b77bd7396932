//go:build linux && !ipcseam

package shm

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
)

// Whoever may open a segment may write anything into it. Whatever stands
// there, operations end with a documented error: they do not panic, do not
// hang, and touch nothing outside the mapping.

// A step is an edit, and an operation after it.
type step struct {
	edit
	op byte // the operation, and in the highest bit who does it
}

const stepSize = 9

func parseSteps(script []byte) (steps []step) {
	const most = 16
	for ; len(script) >= stepSize && len(steps) < most; script = script[stepSize:] {
		steps = append(steps, step{op: script[0], edit: edit{
			place: script[1], record: script[2], word: script[3], how: script[4], arg: [4]byte(script[5:9]),
		}})
	}
	return steps
}

func (s *stage) perform(op byte) {
	h := s.hands[op>>7]
	o := operations[int(op&0x7F)%len(operations)]
	s.judge(o.name, o.do(s, h))
}

// lockWord is the lock's place in the header, in words.
const lockWord = byte(unsafe.Offsetof(header{}.lock) / wordSize)

// FuzzSegment overwrites words of a segment in use, and uses it on.
func FuzzSegment(f *testing.F) {
	for op := range operations {
		f.Add([]byte{byte(op), 0, 0, 0, 2, 64, 0, 0, 0})
		f.Add([]byte{byte(op), headerPlace, 0, lockWord, 7, 1, 0, 0, 0}) // b has the lock, and does not know
	}
	runs := 0
	f.Fuzz(func(t *testing.T, script []byte) {
		if runs++; runs%16 == 0 {
			runtime.GC() // gives the mappings back
		}
		s := newStage(t)
		defer s.end()
		for _, p := range parseSteps(script) {
			p.apply(s)
			s.perform(p.op)
		}
	})
}

// TestEveryWord overwrites each word of each part, in every second way, and
// does everything then. With -short it is every sixth way, since one operation
// goes after the other here: it is TestFlicker that shows races.
func TestEveryWord(t *testing.T) {
	stride := byte(2)
	if testing.Short() {
		stride = 6
	}
	for place := range byte(placeCount) {
		for word := range byte(words(place)) {
			for how := word % stride; how < hows; how += stride {
				overwrite(t, edit{place: place, record: word, word: word, how: how, arg: [4]byte{2 + word, 1}})
				if t.Failed() {
					t.Fatalf("place %d, word %d, how %d", place, word, how)
				}
			}
			runtime.GC() // gives the mappings back
		}
	}
}

func overwrite(t *testing.T, e edit) {
	s := newStage(t)
	defer s.end()
	e.apply(s)
	for op := range operations {
		s.perform(byte(op) | (byte(op)+e.how/2)<<7) // by one or the other
	}
}

// TestFlicker overwrites words for a moment each, all the time, while two
// attachments work, so that what was checked is something else when it is used.
func TestFlicker(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for round := range uint64(16) {
		flicker(t, rand.New(rand.NewPCG(seed, round)))
		if round%8 == 7 {
			runtime.GC() // gives the mappings back
		}
	}
}

func flicker(t *testing.T, r *rand.Rand) {
	s := newStage(t)
	defer s.end()
	var workers sync.WaitGroup
	for who := range byte(2) {
		order := r.Perm(10 * len(operations))
		workers.Go(func() {
			for _, op := range order {
				s.perform(byte(op%len(operations)) | who<<7)
			}
		})
	}
	var stop atomic.Bool
	workers.Go(func() { s.damage(r, &stop) })
	time.AfterFunc(20*time.Millisecond, func() { stop.Store(true) })
	workers.Wait()
}

// damage overwrites words until it is stopped, and puts most of them back.
func (s *stage) damage(r *rand.Rand, stop *atomic.Bool) {
	for !stop.Load() {
		var e edit
		e.place, e.record, e.word, e.how = byte(r.Uint32()), byte(r.UintN(8)), byte(r.Uint32()), byte(r.Uint32())
		binary.LittleEndian.PutUint32(e.arg[:], r.Uint32()>>r.UintN(32))
		w := e.at(s)
		old := w.load()
		e.apply(s)
		s.a.sys.Pause(r.IntN(400))
		if r.IntN(100) > 0 {
			w.store(old)
		}
	}
}

// TestLeaveWhileStuck: whoever leaves while the lock is stuck has its share
// cleared up by others later.
func TestLeaveWhileStuck(t *testing.T) {
	s := newStage(t)
	defer s.end()
	lock := &s.a.header().lock
	lock.store(s.b.lockFree) // which b does not know
	if err := s.d.Close(); !errors.Is(err, backend.ErrStalled) {
		t.Errorf("close: %v", err)
	}
	lock.store(0)
	s.a.reapDead()
	permits := &s.hands[0].sem
	if ok, err := permits.TryAcquire(); !ok || err != nil {
		t.Errorf("acquire what it had: %v, %v", ok, err)
	}
	if i, err := permits.Info(); err != nil || len(i.HeldOpen) != 2 {
		t.Errorf("still open by %v, %v", i.HeldOpen, err)
	}
}

// TestMailslotWhileStuck: who sends or receives while the lock is stuck does not
// wait for that, and whoever waits is told when the lock moves.
func TestMailslotWhileStuck(t *testing.T) {
	s := newRingStage(t)
	defer s.end()
	for range 4 {
		s.must(fails(s.reader.TryGet()))
	}
	lock := &s.a.header().lock
	got := make(chan error, 1)
	s.blocked(s.a, "a blocked Get", func() error {
		got <- fails(s.reader.Get(context.Background()))
		return nil
	})
	c := s.attach() // who has the lock, and does not know
	defer c.Close()
	lock.store(c.lockFree)
	s.must(s.writer.TryPut([]byte("sent")))
	lock.store(0)
	s.must(<-got)

	s.must(s.writer.TryPut(make([]byte, minRing-wordSize)))
	put := make(chan error, 1)
	s.blocked(s.b, "a blocked Put", func() error {
		put <- s.writer.Put(context.Background(), make([]byte, minRing-wordSize))
		return nil
	})
	lock.store(c.lockFree)
	s.must(fails(s.reader.TryGet()))
	lock.store(0)
	s.must(<-put)
}
