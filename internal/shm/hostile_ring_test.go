//go:build linux && !ipcseam

package shm

import (
	"os"
	"runtime"
	"testing"
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
)

// The words of a mailslot's ring and of its file, by themselves: a reader and a
// writer use it on, whatever stands there.

// A ringStep is an edit of one word, and an operation after it.
type ringStep struct {
	op, word, how byte
	arg           [4]byte
}

const (
	ringStepSize = 7
	ringWords    = int(unsafe.Sizeof(ringRecord{}) / wordSize)
)

func parseRingSteps(script []byte) (steps []ringStep) {
	const most = 32
	for ; len(script) >= ringStepSize && len(steps) < most; script = script[ringStepSize:] {
		steps = append(steps, ringStep{script[0], script[1], script[2], [4]byte(script[3:ringStepSize])})
	}
	return steps
}

// A ringStage is a mailslot that will be damaged.
type ringStage struct {
	stage
	reader Mailslot
	writer MailslotWriter
	raw    ring // as somebody else has it mapped
}

func newRingStage(t testing.TB) *ringStage {
	s := &ringStage{stage: stage{t: t, late: hangTimer()}}
	dir, err := os.MkdirTemp("/dev/shm", "ipc-test-*")
	s.must(err)
	s.dir = dir
	s.a, s.b = s.attach(), s.attach()
	s.must(s.a.CreateMailslot(&s.reader, &backend.MailslotSpec{Name: "slot", Queue: minRing}))
	s.must(s.b.OpenMailslot(&s.writer, "slot"))
	k := s.reader.view.index
	file, err := s.a.sys.OpenRing(k, minRing)
	s.must(err)
	s.must(s.raw.open(s.a.ringRecord(k), k, file))
	for size := range 4 {
		s.must(s.writer.TryPut(make([]byte, size*300)))
	}
	tail := uint64(s.raw.tail.load())
	s.telling = []uint64{0, 1, 7, wordSize, minRing, minRing - wordSize, minRing + wordSize, maxRing, tail, tail + 1,
		tail + 1<<numberBits, tail + minRing/wordSize<<numberBits, 1 << numberBits, 1 << 63, 1<<63 - 1, 1<<64 - wordSize}
	s.a.hurry()
	s.b.hurry()
	return s
}

func (s *ringStage) end() {
	s.judge("close the reader", s.reader.Close())
	s.judge("close the writer", s.writer.Close())
	s.judge("leave", s.a.Close())
	s.judge("leave", s.b.Close())
	s.raw.file.Close()
	os.RemoveAll(s.dir)
	s.late.Stop()
}

// apply overwrites a word: of the record, or of the file from its first message
// on.
func (s *ringStage) apply(p ringStep) {
	k := int(p.word) % (2 * ringWords)
	w := (*word)(unsafe.Add(unsafe.Pointer(s.raw.ringRecord), k%ringWords*wordSize))
	if k >= ringWords {
		first := s.raw.at(cursor(s.raw.head.load()).place())
		w = s.raw.header((first + uint64(k-ringWords)*wordSize) & (s.raw.size - 1))
	}
	w.store(edit{how: p.how, arg: p.arg}.value(&s.stage, w.load()))
}

// got makes sure that what was read can have been in the ring.
func (s *ringStage) got(n int, err error) error {
	if n < 0 || n > minRing {
		s.t.Errorf("a message of %d bytes out of a ring of %d", n, minRing)
	}
	return err
}

var ringOperations = []func(*ringStage) error{
	func(s *ringStage) error { return s.writer.TryPut(nil) },
	func(s *ringStage) error { return s.writer.TryPut(make([]byte, 100)) },
	func(s *ringStage) error { return s.writer.TryPut(make([]byte, minRing-wordSize)) },
	func(s *ringStage) error {
		ctx, cancel := briefly()
		defer cancel()
		return s.writer.Put(ctx, make([]byte, 1001))
	},
	func(s *ringStage) error {
		message, err := s.reader.TryGet()
		return s.got(len(message), err)
	},
	func(s *ringStage) error { return s.got(s.reader.TryGetInto(make([]byte, 50))) },
	func(s *ringStage) error {
		ctx, cancel := briefly()
		defer cancel()
		return s.got(s.reader.GetInto(ctx, make([]byte, minRing)))
	},
	func(s *ringStage) error { return fails(s.reader.Len()) },
	func(s *ringStage) error { return either(fails(s.reader.Info()), fails(s.writer.Info())) },
	func(s *ringStage) error {
		var w MailslotWriter
		return either(s.a.OpenMailslot(&w, "slot"), w.Close())
	},
}

// FuzzRing overwrites words of a ring in use, and uses it on.
func FuzzRing(f *testing.F) {
	for word := range byte(ringWords + 4) {
		for how := range byte(hows) {
			var script []byte // everything, each time with that word overwritten
			for op := range byte(len(ringOperations)) {
				script = append(script, op, word, how, 8+op, 1+op, 0, 0)
			}
			f.Add(script)
		}
	}
	runs := 0
	f.Fuzz(func(t *testing.T, script []byte) {
		if runs++; runs%16 == 0 {
			runtime.GC() // gives the mappings back
		}
		s := newRingStage(t)
		defer s.end()
		for _, p := range parseRingSteps(script) {
			s.apply(p)
			s.judge("an operation", ringOperations[int(p.op)%len(ringOperations)](s))
		}
	})
}
