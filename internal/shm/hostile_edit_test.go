//go:build linux && !ipcseam

package shm

import (
	"encoding/binary"
	"unsafe"
)

// The places that an edit can go to: the parts of the header, then the tables,
// then the messages of a mailslot.
const (
	headerPlace = iota
	logPlace
	bucketPlace
	tablePlace // and up, in the order of the tables
	filePlace  = tablePlace + int(tableCount)
	placeCount = filePlace + 1
)

// An edit overwrites one word of a segment, mostly of a record that is in use.
type edit struct {
	place, record, word byte
	how                 byte
	arg                 [4]byte
}

// hows is the number of ways to overwrite a word.
const hows = 9

// maxWords is how many words of a record an edit can reach. The last one that
// has a meaning is the chain of a ring.
const maxWords = 25

// fileWords is how many words of a mailslot's messages an edit can reach, from
// the first message on, in each of three mailslots.
const fileWords = 6

// words is how many words of a record an edit can reach.
func words(place byte) int {
	switch int(place) % placeCount {
	case headerPlace:
		return int(unsafe.Sizeof(header{}) / 8)
	case logPlace:
		return 16
	case bucketPlace:
		return 1
	case filePlace:
		return 3 * fileWords
	default:
		return min(int(geometries[int(place)%placeCount-tablePlace].size/8), maxWords)
	}
}

// at finds the word that an edit is about.
func (e edit) at(s *stage) *word {
	k := uint64(int(e.word)%words(e.place)) * 8
	switch place := int(e.place) % placeCount; place {
	case headerPlace:
		return s.a.wordAt(k)
	case logPlace:
		return s.a.wordAt(uint64(offLog) + k)
	case bucketPlace:
		return s.a.bucket(hashName(names[int(e.record)%len(names)]))
	case filePlace:
		r := &s.rings[int(e.record)%len(s.rings)]
		first := r.at(cursor(r.head.load()).place())
		return r.header((first + k/(3*wordSize)*wordSize) & (r.size - 1))
	default:
		g := &geometries[place-tablePlace]
		i := uint64(e.record)
		if e.record < 0xF0 {
			i = 1 + i%s.used[place-tablePlace] // one beyond those in use, too
		}
		return s.a.wordAt(g.offset + i*g.size + k)
	}
}

// value is what an edit puts in the place of old.
func (e edit) value(s *stage, old uint64) uint64 {
	arg := binary.LittleEndian.Uint32(e.arg[:])
	switch e.how % hows {
	case 0:
		return uint64(e.arg[0])
	case 1:
		return pair(uint32(e.arg[1]), uint32(e.arg[0]))
	case 2:
		return old ^ 1<<(e.arg[0]%64)
	case 3:
		return ^uint64(0)
	case 4:
		return pair(arg, arg)
	case 5:
		return pair(first(old), arg)
	case 6:
		return pair(arg, second(old))
	case 7:
		return s.telling[int(e.arg[0])%len(s.telling)]
	default:
		return pair(second(old), first(old))
	}
}

func (e edit) apply(s *stage) {
	w := e.at(s)
	w.store(e.value(s, w.load()))
}

// tellingValues are values that mean something in one place or another.
func (s *stage) tellingValues() []uint64 {
	o, h := s.a.object(1), s.a.header()
	return []uint64{
		s.a.lockFree, s.b.lockFree, s.d.lockFree, lockWordOf(1, 999), // held by the living and the dead
		waitersBit | diedBit, waitersBit | byteLock, 0,
		s.a.offsetOf(&h.lock), s.a.offsetOf(&h.tables[objectTable].used), s.a.offsetOf(&o.state), // of log entries
		s.a.offsetOf(&o.handles), uint64(Size) - 8, uint64(Size), 4,
		generationUnit | frozen, generationUnit | slowBit | frozen, generationUnit | pulseBit | slowBit | 1,
		uint64(s.d.slotIndex)<<ownerSlotShift | 1 | generationUnit,
		pair(maxHandles-1, maxHandles), maxWaiters * inlineEntries, maxObjects, 1 << 32, 1 << 63, 1<<63 - 1,
		minRing, minRing - wordSize, maxRing, 1 << numberBits, 1<<numberBits | 1, uint64(s.a.ringRecord(1).tail.load()), // of rings
		readyBit | 1, uint64(claimGranted), uint64(claimNudged), claimParked | uint64(claimWaiting),
	}
}
