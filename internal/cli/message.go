package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/cbor"
	"github.com/winsys-go/ipc/codec/pymarshal"
)

// A messageFormat says what messages look like. Those of a codec are JSON for
// people.
type messageFormat struct {
	name  string
	codec codec.Codec // nil: they are shown and sent as they are
}

var rawFormat = messageFormat{name: "raw"}

// formats are what --codec can be. Gobs are missing: they need the types of the
// program that sends them.
var formats = []messageFormat{
	rawFormat,
	{"json", codec.JSON},
	{"cbor", cbor.Codec},
	{"marshal", pymarshal.Codec},
}

func (f *messageFormat) flag(c *cobra.Command) {
	c.Flags().Var(f, "codec", "what messages are: `CODEC` is "+oneOf(formatNames())+" (Python's)")
}

func formatNames() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

func (f *messageFormat) String() string { return f.name }

func (f *messageFormat) Type() string { return "codec" }

func (f *messageFormat) Set(text string) error {
	for _, x := range formats {
		if x.name == text {
			*f = x
			return nil
		}
	}
	return errors.New("it is " + oneOf(formatNames()))
}

// encode makes a message of a text, which is JSON if there is a codec.
func (f *messageFormat) encode(text []byte) ([]byte, error) {
	if f.codec == nil {
		return text, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("%.40q is not JSON, of which --codec %s makes messages: %w", text, f.name, err)
	}
	if d.More() {
		return nil, fmt.Errorf("%.40q is more than one JSON value: send one at a time", text)
	}
	return f.codec.Marshal(numbers(v))
}

// decode makes of a message what JSON can show.
func (f *messageFormat) decode(message []byte) (any, error) {
	if f.codec == codec.JSON {
		var v json.RawMessage // numbers as they were written
		err := f.codec.Unmarshal(message, &v)
		return v, err
	}
	var v any
	err := f.codec.Unmarshal(message, &v)
	return plainValue(v), err
}

// numbers makes numbers of what JSON has as text.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number64(v)
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

func number64(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	if i, ok := new(big.Int).SetString(n.String(), 10); ok {
		return i
	}
	f, err := n.Float64()
	if err != nil {
		return n.String() // beyond any number: as it was written
	}
	return f
}

// A shownMessage is a message in JSON.
type shownMessage struct {
	// Mailslot or Pipe is where it came from.
	Mailslot string `json:"mailslot,omitempty"`
	Pipe     string `json:"pipe,omitempty"`
	Size     int    `json:"size"`
	// One of these: a decoded value, text, bytes that are no text, or what is
	// wrong with it.
	Value  any     `json:"value,omitempty"`
	Text   *string `json:"text,omitempty"`
	Base64 []byte  `json:"base64,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// printMessage prints a message that was read.
func (a *app) printMessage(shown shownMessage, message []byte, f messageFormat) error {
	return a.writeMessage(a.out, shown, message, f)
}

// writeMessage writes a message that was read; shown says where it came from. One
// that the codec cannot decode is complained of, so that those behind it are still
// read.
func (a *app) writeMessage(out io.Writer, shown shownMessage, message []byte, f messageFormat) error {
	shown.Size = len(message)
	if f.codec != nil {
		v, err := f.decode(message)
		if err != nil {
			a.complain("a message of %s is skipped, which %s cannot decode: %v", count(len(message), "byte"), f.name, err)
			shown.Error, shown.Base64 = err.Error(), message
		} else {
			shown.Value = v
		}
	} else if text := string(message); utf8.ValidString(text) {
		shown.Text = &text
	} else {
		shown.Base64 = message
	}
	switch {
	case a.json:
		return writeJSON(out, shown)
	case shown.Error != "":
		return nil
	case f.codec != nil:
		return writeJSON(out, shown.Value)
	}
	_, err := out.Write(append(message, '\n'))
	return err
}

// plainValue makes of a decoded value what JSON can show: keys become text,
// tuples and sets lists, and bytes that are no text base64.
func plainValue(v any) any {
	switch v := v.(type) {
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return base64.StdEncoding.EncodeToString(v)
	case string:
		return strings.ToValidUTF8(v, "\uFFFD")
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
	case complex128:
		return fmt.Sprint(v)
	case pymarshal.EllipsisType:
		return "..."
	case []any:
		return plainList(v)
	case pymarshal.Tuple:
		return plainList(v)
	case pymarshal.Set:
		return plainList(v)
	case pymarshal.FrozenSet:
		return plainList(v)
	case map[string]any:
		for k := range v {
			v[k] = plainValue(v[k])
		}
	case map[any]any:
		m := map[string]any{}
		for k, x := range v {
			m[plainKey(k)] = plainValue(x)
		}
		return m
	case pymarshal.Dict:
		m := map[string]any{}
		for _, item := range v {
			m[plainKey(item.Key)] = plainValue(item.Value)
		}
		return m
	}
	return v
}

func plainList(list []any) []any {
	plain := make([]any, len(list))
	for i, x := range list {
		plain[i] = plainValue(x)
	}
	return plain
}

func plainKey(k any) string {
	if text, ok := plainValue(k).(string); ok {
		return text
	}
	text, err := json.Marshal(plainValue(k))
	if err != nil {
		return fmt.Sprint(k)
	}
	return string(text)
}
