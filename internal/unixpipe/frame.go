package unixpipe

import (
	"encoding/binary"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// A frame is a header and the bytes that it announces:
//
//	0  uint24  size   bytes that follow
//	3  uint8   kind
//	4  uint32  left   bytes of the message from here on, these included
//
// all little-endian. A message is one frame that is whole, or frames that are
// parts and then an end. An end may say that the message is withdrawn, also
// before all of it has come.
const headerSize = 8

type kind uint8

const (
	kindWhole kind = iota + 1 // size = left
	kindPart                  // 0 < size <= left, and left goes down by it
	kindEnd                   // size = 0; left = 0 after all parts, or abortLeft
)

// abortLeft, in an end, withdraws the message.
const abortLeft = 1 << 24

const (
	// maxWhole is the largest message of one frame. The kernel takes so much at
	// once or not at all, so that a write that runs out of time has either sent
	// it or not.
	maxWhole = 16 << 10
	// maxPart bounds what a writer that ran out of time still owes, and what a
	// reader makes room for on the word of its peer.
	maxPart = 256 << 10
)

type header struct {
	kind kind
	size int
	left int
}

func (h header) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(h.size)|uint32(h.kind)<<24)
	return binary.LittleEndian.AppendUint32(b, uint32(h.left))
}

func parseHeader(b []byte) header {
	first := binary.LittleEndian.Uint32(b)
	return header{
		kind: kind(first >> 24),
		size: int(first & 0xFFFFFF),
		left: int(binary.LittleEndian.Uint32(b[4:])),
	}
}

// A message is how far the reader is within a message.
type message struct {
	begun bool
	parts bool // it comes in parts, so that an end must follow
	size  int  // bytes of the present frame to come
	left  int  // bytes of the message to come
}

// complete reports whether nothing of a message that was begun is to come.
func (m *message) complete() bool { return m.begun && !m.parts && m.size == 0 }

// needsHeader reports whether a header comes next.
func (m *message) needsHeader() bool { return !m.begun || m.parts && m.size == 0 }

// next takes the header of the next frame. It reports whether the message so
// far was withdrawn.
func (m *message) next(h header) (aborted bool, err error) {
	switch {
	case h.kind == kindWhole && !m.begun && h.size == h.left && h.size <= maxWhole:
		*m = message{begun: true, size: h.size, left: h.left}
	case h.kind == kindPart && h.size > 0 && h.size <= maxPart && h.size <= h.left && h.left <= backend.MaxMessage &&
		(!m.begun || h.left == m.left):
		*m = message{begun: true, parts: true, size: h.size, left: h.left}
	case h.kind == kindEnd && m.begun && h.size == 0 && h.left == 0 && m.left == 0:
		m.parts = false
	case h.kind == kindEnd && m.begun && h.size == 0 && h.left == abortLeft:
		*m = message{}
		return true, nil
	default:
		return false, fmt.Errorf("%w: a frame of kind %d with %d of %d bytes, where %d are to come", backend.ErrPipeProtocol, h.kind, h.size, h.left, m.left)
	}
	return false, nil
}

// took notes that n bytes of the present frame were taken.
func (m *message) took(n int) {
	m.size -= n
	m.left -= n
}
