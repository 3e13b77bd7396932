// Package gob is the codec for Go types between Go programs, with the rules of
// encoding/gob: fields are matched by name, values within interfaces must have
// been registered with gob.Register.
//
// # Cost
//
// A stream of gobs describes each type once. A message of a mailslot must stand
// for itself, so every one carries the description of its type: some 50 to 200
// bytes, and for a small value several times the work of the value itself. Where
// messages are small and many, codec/cbor is a better choice.
//
// # Limits
//
// Values nest up to [MaxDepth] containers deep, and a value whose type sets no
// depth has up to [MaxValues] parts. A message to be decoded into such a type,
// one that contains itself or an interface, is at most [MaxOpenMessage] bytes
// long, because encoding/gob would follow it until the stack is used up. All
// this wraps codec.ErrTooComplex.
//
// Beyond that encoding/gob is not made for messages from an adversary: receive
// them from writers that you trust, or take codec/cbor.
package gob

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/internal/nesting"
)

const (
	// MaxDepth is how deep containers nest in a value to encode.
	MaxDepth = 1000
	// MaxValues is how many parts a value to encode has, where its type does not
	// limit its depth.
	MaxValues = 1 << 20
	// MaxOpenMessage is the length of a message to decode, where the type does
	// not limit its depth.
	MaxOpenMessage = 256 << 10
)

// Codec is the codec of this package.
var Codec codec.Codec = gobCodec{}

type gobCodec struct{}

func (gobCodec) Name() string { return "gob" }

func (gobCodec) Marshal(v any) ([]byte, error) {
	if value := reflect.ValueOf(v); !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil() {
		return nil, tooComplex(fmt.Errorf("nothing to encode in a nil %T", v)) // gob panics
	}
	if err := guard.Check(v); err != nil {
		return nil, tooComplex(err)
	}
	var message bytes.Buffer
	if err := gob.NewEncoder(&message).Encode(v); err != nil {
		return nil, tooComplex(err)
	}
	return message.Bytes(), nil
}

func (gobCodec) Unmarshal(data []byte, v any) error {
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Pointer || value.IsNil() {
		return tooComplex(fmt.Errorf("a %T cannot be decoded into: it must be a pointer that is not nil", v))
	}
	if len(data) > MaxOpenMessage && !guard.Bounded(value.Type()) {
		return tooComplex(fmt.Errorf("%d bytes, at most %d are possible for a %T", len(data), MaxOpenMessage, v))
	}
	rest := bytes.NewReader(data)
	if err := gob.NewDecoder(rest).Decode(v); err != nil {
		return fmt.Errorf("%w: gob: %w", codec.ErrMalformed, err)
	}
	if rest.Len() > 0 {
		return fmt.Errorf("%w: gob: %w", codec.ErrMalformed, errMore)
	}
	return nil
}

var errMore = errors.New("more follows the value")

func tooComplex(err error) error { return fmt.Errorf("%w: gob: %w", codec.ErrTooComplex, err) }

var guard = nesting.Guard{MaxDepth: MaxDepth, MaxValues: MaxValues, Opaque: encodesItself}

// encodesItself tells whether gob leaves a type to its own methods.
func encodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(gobEncoder) || p.Implements(binaryMarshaler)
}

var (
	gobEncoder      = reflect.TypeFor[gob.GobEncoder]()
	binaryMarshaler = reflect.TypeFor[encoding.BinaryMarshaler]()
)
