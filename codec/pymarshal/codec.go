package pymarshal

import (
	"fmt"
	"reflect"

	"github.com/winsys-go/ipc/codec"
)

const (
	// DefaultMaxDepth is how deep values nest. Python on Windows reads as many
	// levels, on other systems twice as many.
	DefaultMaxDepth = 1000
	// DefaultMaxSize is what a message may be worth: 32 for every value in it,
	// and 1 for every byte of text, bytes and long integers. What is referred to
	// counts every time.
	DefaultMaxSize = 64 << 20
)

const (
	mostDepth = 2000
	mostSize  = 1 << 30 // every length then fits the 31 bits of the format
)

// Options are what a codec is made with. The zero value of each means its
// default.
type Options struct {
	Version  int // the version to write: 2, 3 or 4; by default 2
	MaxDepth int // at most 2000; by default DefaultMaxDepth
	MaxSize  int // at most 1 GiB; by default DefaultMaxSize
}

// Codec writes version 2 and has the default limits.
var Codec codec.Codec = marshalCodec{Options{2, DefaultMaxDepth, DefaultMaxSize}}

// New makes a codec with other options.
func New(o Options) (codec.Codec, error) {
	for _, option := range []struct {
		name                   string
		value                  *int
		least, most, otherwise int
	}{
		{"version", &o.Version, 2, 4, 2},
		{"depth", &o.MaxDepth, 1, mostDepth, DefaultMaxDepth},
		{"size", &o.MaxSize, 1, mostSize, DefaultMaxSize},
	} {
		if *option.value == 0 {
			*option.value = option.otherwise
		}
		if *option.value < option.least || *option.value > option.most {
			return nil, fmt.Errorf("pymarshal: a %s of %d; it must be from %d to %d", option.name, *option.value, option.least, option.most)
		}
	}
	return marshalCodec{o}, nil
}

type marshalCodec struct{ Options }

func (marshalCodec) Name() string { return "pymarshal" }

func (c marshalCodec) Marshal(v any) ([]byte, error) {
	w := writer{version: c.Version, budget: budget{c.MaxDepth, c.MaxSize}}
	if err := w.value(reflect.ValueOf(v), 1); err != nil {
		return nil, err
	}
	return w.out, nil
}

func (c marshalCodec) Unmarshal(data []byte, v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return tooComplex("a %T cannot be decoded into: it must be a pointer that is not nil", v)
	}
	r := reader{rest: data, budget: budget{c.MaxDepth, c.MaxSize}}
	value, err := r.message()
	if err != nil {
		return err
	}
	return assign(target.Elem(), value)
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: pymarshal: "+format, append([]any{codec.ErrMalformed}, args...)...)
}

func tooComplex(format string, args ...any) error {
	return fmt.Errorf("%w: pymarshal: "+format, append([]any{codec.ErrTooComplex}, args...)...)
}
