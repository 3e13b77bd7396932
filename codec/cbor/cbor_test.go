package cbor_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/cbor"
	"pgregory.net/rapid"
)

type order struct {
	ID    int                `cbor:"id"`
	Items []string           `cbor:"items,omitempty"`
	Price map[string]float64 `cbor:"price,omitempty"`
	Made  time.Time          `cbor:"made"`
	Next  *order             `cbor:"next,omitempty"`
}

// What section 4.2.1 and appendix A of RFC 8949 say.
func TestEncodesDeterministically(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{0, "00"}, {uint64(23), "17"}, {24, "1818"}, {-1, "20"}, {int64(1000000), "1a000f4240"},
		{1.5, "f93e00"}, {100000.0, "fa47c35000"}, {1.1, "fb3ff199999999999a"}, {math.NaN(), "f97e00"},
		{true, "f5"}, {nil, "f6"}, {"ü", "62c3bc"}, {[]byte{1, 2}, "420102"}, {[]int{1, 2}, "820102"},
		{map[any]int{"aa": 1, 10: 2, "b": 3, -1: 4}, "a40a02200461620362616101"},
		{new(big.Int).Lsh(big.NewInt(1), 64), "c249010000000000000000"},
	} {
		if data, err := cbor.Codec.Marshal(c.v); err != nil || hex.EncodeToString(data) != c.want {
			t.Errorf("%v: %x, %v; want %s", c.v, data, err, c.want)
		}
	}
}

func TestDecodesIntoAny(t *testing.T) {
	huge := new(big.Int).Lsh(big.NewInt(1), 64)
	made := time.Date(2024, 2, 29, 1, 2, 3, 4, time.UTC)
	for _, v := range []any{
		int64(1), int64(-1), int64(math.MaxInt64), huge, 1.5, "text", []byte{1}, true, nil, made,
		[]any{int64(1), "a"}, map[any]any{"a": int64(1), int64(2): nil},
	} {
		var got any
		if through(t, v, &got); !reflect.DeepEqual(got, v) {
			t.Errorf("%T %v became %T %v", v, v, got, got)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	want := order{
		ID: 7, Items: []string{"tea"}, Price: map[string]float64{"tea": 2.5},
		Made: time.Date(2024, 2, 29, 1, 2, 3, 4, time.UTC), Next: &order{ID: 8, Made: time.Unix(0, 0).UTC()},
	}
	var got order
	if through(t, want, &got); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestRoundTripProperty(t *testing.T) {
	type value struct {
		A int64
		B string
		C []byte
		D map[uint16]float32
	}
	rapid.Check(t, func(t *rapid.T) {
		want := value{
			rapid.Int64().Draw(t, "A"), rapid.String().Draw(t, "B"),
			rapid.SliceOf(rapid.Byte()).Draw(t, "C"),
			rapid.MapOf(rapid.Uint16(), rapid.Float32()).Draw(t, "D"),
		}
		var got value
		if through(t, want, &got); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func through(t interface{ Fatal(...any) }, v, into any) {
	data, err := cbor.Codec.Marshal(v)
	if err == nil {
		err = cbor.Codec.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCannotEncode(t *testing.T) {
	ring := &order{}
	ring.Next = ring
	own := map[string]any{}
	own["me"] = own
	for name, v := range map[string]any{
		"channel": make(chan int), "function": func() {}, "ring": ring, "map in itself": own,
		"wide": make([]int, cbor.MaxElements+1), "deep": nested(cbor.MaxNesting + 1),
	} {
		if _, err := cbor.Codec.Marshal(v); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%s: %v, want %v", name, err, codec.ErrTooComplex)
		}
	}
}

// What is just within the limits goes both ways.
func TestLimitsAreTheSameBothWays(t *testing.T) {
	for name, v := range map[string]any{"wide": make([]any, cbor.MaxElements), "deep": nested(cbor.MaxNesting)} {
		var got any
		if through(t, v, &got); !reflect.DeepEqual(got, v) {
			t.Errorf("%s: came back changed", name)
		}
	}
}

func nested(levels int) any {
	v := []any{}
	for range levels - 1 {
		v = []any{v}
	}
	return v
}

func TestCannotDecode(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		into      any
		want      error
	}{
		{"empty", "", new(any), codec.ErrMalformed},
		{"cut off", "8201", new(any), codec.ErrMalformed},
		{"more follows", "0101", new(any), codec.ErrMalformed},
		{"a huge array in nine bytes", "9b0000000100000000", new(any), codec.ErrTooComplex},
		{"a huge text in nine bytes", "7b0000000100000000", new(any), codec.ErrMalformed},
		{"indefinite array", "9f01ff", new(any), codec.ErrMalformed},
		{"indefinite text", "7f6161ff", new(any), codec.ErrMalformed},
		{"a key twice", "a2616101616102", new(any), codec.ErrMalformed},
		{"not UTF-8", "61ff", new(any), codec.ErrMalformed},
		{"another type", "6161", new(int), codec.ErrMalformed},
		{"out of range", "19012c", new(int8), codec.ErrMalformed},
		{"too deep", strings.Repeat("81", cbor.MaxNesting+1) + "01", new(any), codec.ErrTooComplex},
		{"not a pointer", "01", 0, codec.ErrTooComplex},
		{"nil", "01", nil, codec.ErrTooComplex},
	} {
		data, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if err := cbor.Codec.Unmarshal(data, c.into); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestKeepsNoData(t *testing.T) {
	want := []byte("bytes")
	data, err := cbor.Codec.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	if err := cbor.Codec.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if !bytes.Equal(got, want) {
		t.Errorf("decoded value changed to %q with the data", got)
	}
}

func BenchmarkMarshal(b *testing.B) {
	v := order{ID: 7, Items: []string{"tea", "milk"}}
	for b.Loop() {
		if _, err := cbor.Codec.Marshal(v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	data, err := cbor.Codec.Marshal(order{ID: 7, Items: []string{"tea", "milk"}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := cbor.Codec.Unmarshal(data, new(order)); err != nil {
			b.Fatal(err)
		}
	}
}
