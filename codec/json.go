package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// JSON is the codec of encoding/json, whose rules for types and field tags
// apply. Text that is not valid UTF-8 is repaired, not refused, as that package
// does; bytes that must survive go into a []byte, which becomes base64. Numbers
// decoded into an any are float64.
//
// Values nested deeper than 10000 wrap [ErrTooComplex].
var JSON Codec = jsonCodec{}

type jsonCodec struct{}

func (jsonCodec) Name() string { return "json" }

func (jsonCodec) Marshal(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTooComplex, err)
	}
	return data, nil
}

func (jsonCodec) Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	kind := ErrMalformed
	if wrong := (*json.InvalidUnmarshalError)(nil); errors.As(err, &wrong) || tooDeep(err) {
		kind = ErrTooComplex
	}
	return fmt.Errorf("%w: %w", kind, err)
}

// tooDeep tells the one syntax error that is a limit from the others. It has no
// type of its own.
func tooDeep(err error) bool {
	syntax := (*json.SyntaxError)(nil)
	return errors.As(err, &syntax) && strings.Contains(syntax.Error(), "max depth")
}
