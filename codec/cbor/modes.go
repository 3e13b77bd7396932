package cbor

import (
	"encoding"
	"math/big"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/winsys-go/ipc/codec/internal/nesting"
)

var (
	writing = must(writeOptions().EncMode())
	reading = must(readOptions().DecMode())
)

func writeOptions() cbor.EncOptions {
	options := cbor.CoreDetEncOptions()
	// The default, whole seconds, would lose the rest of a time in silence.
	options.Time = cbor.TimeRFC3339Nano
	options.TimeTag = cbor.EncTagRequired
	return options
}

func readOptions() cbor.DecOptions {
	return cbor.DecOptions{
		MaxNestedLevels:  MaxNesting,
		MaxArrayElements: MaxElements,
		MaxMapPairs:      MaxElements,
		IndefLength:      cbor.IndefLengthForbidden,
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		UTF8:             cbor.UTF8RejectInvalid,
		IntDec:           cbor.IntDecConvertSignedOrBigInt,
		BigIntDec:        cbor.BigIntDecodePointer,
	}
}

// must is for options that are the same in every run.
func must[mode any](m mode, err error) mode {
	if err != nil {
		panic(err)
	}
	return m
}

// guard is what keeps rings from the library, which does not look for them.
var guard = nesting.Guard{MaxDepth: MaxNesting, MaxValues: MaxValues, Opaque: encodesItself}

// encodesItself tells whether the library leaves a type to its own methods, or
// has a form of its own for it.
func encodesItself(t reflect.Type) bool {
	if t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[big.Int]() {
		return true
	}
	p := reflect.PointerTo(t)
	return p.Implements(marshaler) || p.Implements(binaryMarshaler)
}

var (
	marshaler       = reflect.TypeFor[cbor.Marshaler]()
	binaryMarshaler = reflect.TypeFor[encoding.BinaryMarshaler]()
)
