//go:build linux

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
//	8          0, to be ignored
//
// all little-endian. The header is as long as a line of the cache: after a
// shorter one the bytes are copied between places that are aligned differently,
// which is likely why large frames took much longer then. A message is any number of parts, and then the last frame.
// An abort instead withdraws the message.
const headerSize = 64

type kind uint8

const (
	kindPart  kind = iota + 1 // 0 < size < left
	kindLast                  // size = left
	kindAbort                 // size = left = 0
)

const (
	// maxAtomic is the largest frame that the kernel takes at once or not at all
	// (the bound is 36 KiB and a little). A writer who may run out of time ends a
	// message with such a frame: it has either sent the message or can still
	// withdraw it.
	maxAtomic = 32 << 10
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
	b = binary.LittleEndian.AppendUint32(b, uint32(h.left))
	return append(b, unused[:]...)
}

var unused [headerSize - 8]byte

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
	size  int // bytes of the present frame to come
	left  int // bytes of the message to come
}

// complete reports whether nothing of a message that was begun is to come.
func (m *message) complete() bool { return m.begun && m.left == 0 }

// needsHeader reports whether a header comes next.
func (m *message) needsHeader() bool { return !m.begun || m.size == 0 && m.left > 0 }

// next takes the header of the next frame. It reports whether the message so
// far was withdrawn.
func (m *message) next(h header) (aborted bool, err error) {
	continues := !m.begun || h.left == m.left
	switch {
	case h.kind == kindPart && continues && h.size > 0 && h.size <= maxPart && h.size < h.left && h.left <= backend.MaxMessage:
	case h.kind == kindLast && continues && h.size == h.left && h.size <= maxPart:
	case h.kind == kindAbort && m.begun && h.size == 0 && h.left == 0:
		*m = message{}
		return true, nil
	default:
		return false, fmt.Errorf("%w: a frame of kind %d with %d of %d bytes, where %d are to come", backend.ErrPipeProtocol, h.kind, h.size, h.left, m.left)
	}
	*m = message{begun: true, size: h.size, left: h.left}
	return false, nil
}

// took notes that n bytes of the present frame were taken.
func (m *message) took(n int) {
	m.size -= n
	m.left -= n
}
