package codec_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/codec"
)

type order struct {
	ID    int               `json:"id"`
	Items []string          `json:"items"`
	Notes map[string]string `json:"notes,omitempty"`
}

func TestJSONRoundTrip(t *testing.T) {
	want := order{ID: 7, Items: []string{"tea", "Käse"}, Notes: map[string]string{"gift": "yes"}}
	data, err := codec.JSON.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if text := `{"id":7,"items":["tea","Käse"],"notes":{"gift":"yes"}}`; string(data) != text {
		t.Errorf("encoded as %s, want %s", data, text)
	}
	var got order
	if err := codec.JSON.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("decoded as %+v, %v; want %+v", got, err, want)
	}
}

func TestJSONCannotEncode(t *testing.T) {
	type ring struct{ Next *ring }
	round := &ring{}
	round.Next = round
	for name, v := range map[string]any{"channel": make(chan int), "function": func() {}, "NaN": math.NaN(), "ring": round} {
		if _, err := codec.JSON.Marshal(v); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%s: %v, want %v", name, err, codec.ErrTooComplex)
		}
	}
}

func TestJSONCannotDecode(t *testing.T) {
	var whatever any
	for _, c := range []struct {
		name, data string
		into       any
		want       error
	}{
		{"empty", "", &whatever, codec.ErrMalformed},
		{"cut off", `{"id":`, &whatever, codec.ErrMalformed},
		{"more follows", `1 2`, &whatever, codec.ErrMalformed},
		{"another type", `"seven"`, new(int), codec.ErrMalformed},
		{"out of range", `300`, new(int8), codec.ErrMalformed},
		{"too deep", strings.Repeat("[", 20000) + strings.Repeat("]", 20000), &whatever, codec.ErrTooComplex},
		{"no pointer", `1`, 0, codec.ErrTooComplex},
		{"nil", `1`, nil, codec.ErrTooComplex},
	} {
		if err := codec.JSON.Unmarshal([]byte(c.data), c.into); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestJSONKeepsNoData(t *testing.T) {
	data := []byte(`{"a":"b"}`)
	var got json.RawMessage
	if err := codec.JSON.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if string(got) != `{"a":"b"}` {
		t.Errorf("decoded value changed to %q with the data", got)
	}
}

// The library's own error stays within reach.
func TestJSONKeepsCause(t *testing.T) {
	cause := (*json.UnmarshalTypeError)(nil)
	if err := codec.JSON.Unmarshal([]byte(`"x"`), new(int)); !errors.As(err, &cause) || cause.Value != "string" {
		t.Errorf("%v hides the cause", err)
	}
}
