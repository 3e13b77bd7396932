// Package codec turns Go values into messages and back.
//
// A [Codec] is chosen once for a mailslot, and reader and writers must choose
// the same. This package has the two that need nothing else: [JSON] for
// whatever other programs should read, and [Raw] for bytes and text as they
// are. Further ones have packages of their own: codec/cbor (compact and
// deterministic), codec/gob (Go types between Go programs) and codec/pymarshal
// (Python's marshal module).
//
// # What every codec keeps to
//
//   - It is safe for concurrent use.
//   - Marshal gives a message that stands for itself: nothing that was sent
//     before it is needed to read it. The result belongs to the caller.
//   - Unmarshal keeps nothing of data: the caller may reuse it at once. It takes
//     the whole of data; bytes that follow the value are an error.
//   - A message never makes it panic, and one that is malformed or made to harm
//     makes it allocate no more than the message's length or a documented limit
//     warrants. Only for codec/gob nobody vouches for that: it is for peers that
//     are trusted.
//   - An error wraps [ErrMalformed] or [ErrTooComplex]. When Unmarshal fails,
//     the value may have been filled in part.
package codec

import "errors"

// A Codec turns values into messages and back.
type Codec interface {
	// Name is a short name in lower case, such as "json".
	Name() string
	// Marshal gives the message that stands for v.
	Marshal(v any) ([]byte, error)
	// Unmarshal decodes a message into what v points to.
	Unmarshal(data []byte, v any) error
}

// The errors of all codecs wrap one of these, and the cause where there is one.
var (
	// ErrMalformed: the data is no message of this codec, or not one that fits
	// the value it is to be decoded into.
	ErrMalformed = errors.New("malformed message")
	// ErrTooComplex: the value, or the type of the value to decode into, is one
	// that the codec has no form for, such as a channel or a pointer that leads
	// back to itself; or the value or message is beyond one of the codec's
	// limits.
	ErrTooComplex = errors.New("too complex for the codec")
)
