// Package cbor is the codec of CBOR, RFC 8949: compact, deterministic, and read
// by programs in most languages. It is that of github.com/fxamacker/cbor, whose
// rules for types and field tags ("cbor", or else "json") apply, with these
// choices.
//
// # Written
//
// Core deterministic encoding (section 4.2.1): the same value is always the
// same bytes, map keys are sorted, numbers have their shortest form. A
// time.Time is tag 0, text to the nanosecond with its zone's offset. Nil slices
// and maps are null. That text is UTF-8 is for the writer to see to.
//
// # Read
//
// Strings, arrays and maps of indefinite length are refused, as are repeated
// map keys and text that is not UTF-8; the shortest form of numbers and the
// order of keys are not insisted upon. In an any, an integer becomes an int64,
// or a *big.Int where it does not fit; a map becomes a map[any]any, and tag 0
// or 1 a time.Time.
//
// # Limits
//
// Arrays, maps and tags nest up to [MaxNesting] deep, an array has up to
// [MaxElements] elements and a map as many pairs. They hold for both
// directions, so that what was written can be read, and wrap
// codec.ErrTooComplex, as does a value of more than [MaxValues] parts.
package cbor

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/winsys-go/ipc/codec"
)

// The limits.
const (
	MaxNesting  = 64      // arrays, maps and tags within each other
	MaxElements = 1 << 17 // in an array, and pairs in a map
	MaxValues   = 1 << 20 // parts of a value to encode whose type sets no depth
)

// Codec is the codec of this package.
var Codec codec.Codec = cborCodec{}

type cborCodec struct{}

func (cborCodec) Name() string { return "cbor" }

func (cborCodec) Marshal(v any) ([]byte, error) {
	if err := guard.Check(v); err != nil {
		return nil, wrap(codec.ErrTooComplex, err)
	}
	data, err := writing.Marshal(v)
	if err == nil {
		err = reading.Wellformed(data) // the limits of Unmarshal
	}
	if err != nil {
		return nil, wrap(codec.ErrTooComplex, err)
	}
	return data, nil
}

func (cborCodec) Unmarshal(data []byte, v any) error {
	if err := reading.Unmarshal(data, v); err != nil {
		return wrap(kind(err), err)
	}
	return nil
}

func wrap(kind, err error) error { return fmt.Errorf("%w: %w", kind, err) }

// kind tells the errors about limits and wrong targets from those about the
// message.
func kind(err error) error {
	var (
		target   *cbor.InvalidUnmarshalError
		nested   *cbor.MaxNestedLevelError
		elements *cbor.MaxArrayElementsError
		pairs    *cbor.MaxMapPairsError
	)
	if errors.As(err, &target) || errors.As(err, &nested) || errors.As(err, &elements) || errors.As(err, &pairs) {
		return codec.ErrTooComplex
	}
	return codec.ErrMalformed
}
