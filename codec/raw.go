package codec

import (
	"encoding"
	"fmt"
	"reflect"
)

// Raw is the codec for messages that are bytes already. It takes []byte, string
// and types derived from them, and whatever implements
// [encoding.BinaryMarshaler]; it decodes into pointers to these, into an
// [encoding.BinaryUnmarshaler], and into an *any, which receives a []byte.
// Nothing is added and nothing checked: text need not be UTF-8, and an empty
// message is one.
//
// A value's own methods come first. An error of theirs wraps [ErrTooComplex] in
// Marshal and [ErrMalformed] in Unmarshal; every other type is
// [ErrTooComplex].
var Raw Codec = rawCodec{}

type rawCodec struct{}

func (rawCodec) Name() string { return "raw" }

func (rawCodec) Marshal(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	switch {
	case !value.IsValid() || isNilPointer(value):
		return nil, fmt.Errorf("%w: raw: nothing to encode in a nil %T", ErrTooComplex, v)
	case value.Type().Implements(binaryMarshaler):
		data, err := v.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("%w: raw: %w", ErrTooComplex, err)
		}
		return data, nil
	case value.Kind() == reflect.String:
		return []byte(value.String()), nil
	case isBytes(value.Type()):
		return append([]byte{}, value.Bytes()...), nil
	}
	return nil, fmt.Errorf("%w: raw: a %T is neither bytes nor text", ErrTooComplex, v)
}

func (rawCodec) Unmarshal(data []byte, v any) error {
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Pointer || value.IsNil() {
		return fmt.Errorf("%w: raw: a %T cannot be decoded into: it must be a pointer that is not nil", ErrTooComplex, v)
	}
	if own, ok := v.(encoding.BinaryUnmarshaler); ok {
		if err := own.UnmarshalBinary(data); err != nil {
			return fmt.Errorf("%w: raw: %w", ErrMalformed, err)
		}
		return nil
	}
	target := value.Elem()
	switch {
	case target.Kind() == reflect.String:
		target.SetString(string(data))
	case isBytes(target.Type()):
		target.SetBytes(append([]byte{}, data...))
	case target.Kind() == reflect.Interface && target.NumMethod() == 0:
		target.Set(reflect.ValueOf(append([]byte{}, data...)))
	default:
		return fmt.Errorf("%w: raw: a %T points neither to bytes nor to text", ErrTooComplex, v)
	}
	return nil
}

var binaryMarshaler = reflect.TypeFor[encoding.BinaryMarshaler]()

func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

func isNilPointer(v reflect.Value) bool { return v.Kind() == reflect.Pointer && v.IsNil() }
