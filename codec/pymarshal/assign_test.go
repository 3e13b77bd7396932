package pymarshal_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/pymarshal"
	"pgregory.net/rapid"
)

// decodeInto encodes v and decodes it into a new value of the type of like.
func decodeInto(t *testing.T, v, like any) (any, error) {
	t.Helper()
	data, err := pymarshal.Codec.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	p := reflect.New(reflect.TypeOf(like))
	err = pymarshal.Codec.Unmarshal(data, p.Interface())
	return p.Elem().Interface(), err
}

func TestDecodesIntoTypes(t *testing.T) {
	one, huge := 1, bigInt("99999999999999999999")
	pointer := &one
	noon := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ v, want any }{
		{true, true}, {true, flag(true)}, {127, int8(127)}, {-128, int8(-128)}, {255, uint8(255)}, {int64(math.MaxInt64), uint64(math.MaxInt64)},
		{uint64(math.MaxUint64), uint64(math.MaxUint64)}, {3, level(3)}, {1, &pointer}, {huge, huge}, {7, big.NewInt(7)}, {7, *big.NewInt(7)},
		{0.5, float32(0.5)}, {math.Inf(1), float32(math.Inf(1))}, {0.1, float32(0.1)}, {1, 1.0}, {1 << 24, float32(1 << 24)}, {bigInt("18446744073709551616"), 0x1p64},
		{1i, complex64(1i)}, {2, complex128(2)}, {0.5, complex64(0.5)},
		{"a", "a"}, {[]byte("a"), "a"}, {"a", []byte("a")}, {"red", color("red")}, {[]byte{}, packet{}},
		{list{1, 2}, []int{1, 2}}, {tuple{1, 2}, []int8{1, 2}}, {set{1}, []int{1}}, {froze{1}, []int{1}}, {list{1, 2}, [2]int{1, 2}}, {list{1}, tuple{int64(1)}},
		{tuple{1}, list{int64(1)}}, {list{1, 2}, []byte{1, 2}}, {[]byte{1, 2}, [2]byte{1, 2}}, {list{1, 2}, [2]byte{1, 2}},
		{list{list{"a"}, list{}}, []names{{"a"}, {}}}, {list{1, nil}, []*int{&one, nil}},
		{set{"a"}, map[string]struct{}{"a": {}}}, {froze{"a"}, map[color]struct{}{"a": {}}}, {froze{"a"}, set{"a"}}, {set{"a"}, froze{"a"}},
		{dict{{"a", 1}}, map[string]int{"a": 1}}, {dict{{1, "a"}, {nil, 0}}, map[any]any{int64(1): "a", nil: int64(0)}}, {dict{{"a", 1}, {"a", 2}}, map[string]int{"a": 2}},
		{dict{{tuple{1, 2}, 1}}, map[[2]int]int{{1, 2}: 1}},
		{dict{}, record{}}, {dict{{"id", 1}, {"name", "n"}, {"Kind", "k"}, {"tries", 2}, {"other", list{}}, {1, 2}, {"next", dict{{"name", "m"}}}},
			record{base: base{ID: 1}, Name: "n", Kind: "k", Tries: 2, Next: &record{Name: "m"}}},
		{dict{{[]byte("name"), []byte("of Python 2")}}, record{Name: "of Python 2"}}, {dict{{"Secret", "s"}, {"hidden", 1}, {"-", "s"}}, record{}},
		{nil, (*int)(nil)}, {nil, []int(nil)}, {nil, map[string]int(nil)}, {nil, (*big.Int)(nil)},
		{noon, noon}, {"::1", netip.MustParseAddr("::1")}, {dict{{"::1", 1}}, map[netip.Addr]int{netip.MustParseAddr("::1"): 1}},
		{pymarshal.Ellipsis, pymarshal.Ellipsis},
	} {
		if got, err := decodeInto(t, c.v, c.want); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v as %T: %#v, %v; want %#v", c.v, c.want, got, err, c.want)
		}
	}
}

func TestMisfits(t *testing.T) {
	huge := bigInt("99999999999999999999")
	for _, c := range []struct{ v, like any }{
		{128, int8(0)}, {-129, int8(0)}, {256, uint8(0)}, {-1, uint(0)}, {huge, int64(0)}, {huge, uint64(0)}, {int64(1) << 31, int32(0)},
		{1.0, 0}, {true, 0}, {0, false}, {1.0, uint(0)}, {tuple{}, flag(false)}, {froze{}, ""}, {pymarshal.Ellipsis, 0}, {"1", 0}, {1i, 0.0}, {1e300, float32(0)}, {complex(1e300, 0), complex64(0)}, {complex(0, 1e300), complex64(0)},
		{int64(1)<<53 + 1, 0.0}, {1<<24 + 1, float32(0)}, {1<<24 + 1, complex64(0)}, {huge, 0.0}, {true, 0.0}, {"1", big.Int{}}, {1.0, big.Int{}},
		{1, ""}, {[]byte{255}, ""}, {list{}, ""}, {"a", []int{}}, {1, []int{}}, {dict{}, []int{}}, {list{"a"}, []int{}}, {list{300}, []byte{}},
		{list{1}, [2]int{}}, {list{1, 2, 3}, [2]int{}}, {set{1, 2}, [2]int{}}, {[]byte{1}, [2]byte{}}, {"ab", [2]byte{}},
		{list{}, map[string]int{}}, {set{}, map[string]int{}}, {dict{{1, 1}}, map[string]int{}}, {dict{{"a", "b"}}, map[string]int{}}, {set{1}, map[string]struct{}{}},
		{dict{{[]byte("a"), 1}}, map[any]int{}}, {dict{{tuple{}, 1}}, map[any]any{}}, {set{tuple{}}, map[any]struct{}{}},
		{list{}, dict{}}, {list{dict{}}, dict{}}, {list{}, set{}}, {list{}, froze{}}, {dict{}, set{}}, {1, pymarshal.Ellipsis},
		{list{}, record{}}, {dict{{"id", "a"}}, record{}}, {dict{{"next", dict{{"tries", -1}}}}, record{}},
		{nil, 0}, {nil, ""}, {nil, false}, {nil, record{}}, {nil, [0]int{}}, {list{nil}, []int{}},
		{"yesterday", time.Time{}}, {1, time.Time{}}, {"x", stubborn{}},
	} {
		if got, err := decodeInto(t, c.v, c.like); !errors.Is(err, codec.ErrMalformed) || errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%v as %T: %v, %v; want %v", c.v, c.like, got, err, codec.ErrMalformed)
		}
	}
}

func TestTypesToDecodeIntoWithoutForm(t *testing.T) {
	type clash struct {
		A int `marshal:"x"`
		B int `marshal:"x"`
	}
	for _, c := range []struct{ v, like any }{
		{1, make(chan int)}, {1, func() {}}, {1, uintptr(0)}, {1, self(nil)}, {1, []io.Reader{}}, {dict{}, clash{}},
	} {
		v := c.v
		if _, ok := c.like.([]io.Reader); ok {
			v = list{1}
		}
		if got, err := decodeInto(t, v, c.like); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%v as %T: %v, %v; want %v", c.v, c.like, got, err, codec.ErrTooComplex)
		}
	}
}

// Errors say where in a struct they are.
func TestErrorsNameTheField(t *testing.T) {
	_, err := decodeInto(t, dict{{"next", dict{{"tries", 256}}}}, record{})
	if want := `field "next": field "tries": `; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
}

// What a dict does not name keeps its value; all else is made anew.
func TestDecodesOver(t *testing.T) {
	got := struct {
		Kept  int
		Items []int
		Map   map[string]int
		Next  *record
	}{1, []int{1, 2, 3}, map[string]int{"old": 1}, &record{Name: "kept"}}
	items, next := got.Items, got.Next
	through(t, pymarshal.Codec, dict{{"Items", list{9}}, {"Map", dict{{"new", 2}}}, {"Next", dict{{"tries", 3}}}}, &got)
	if text := fmt.Sprintf("%v %v %v %v %v", got.Kept, got.Items, got.Map, got.Next.Name, got.Next.Tries); text != "1 [9] map[new:2] kept 3" {
		t.Error(text)
	}
	if items[0] != 1 || got.Next != next {
		t.Error("the old slice was written to, or the pointer replaced")
	}
}

func TestGet(t *testing.T) {
	d := dict{{"a", 1}, {[]byte("b"), 2}, {3, "c"}, {"a", 4}}
	for key, want := range map[string]any{"a": 4, "b": 2, "c": nil} {
		if got, ok := d.Get(key); got != want || ok != (want != nil) {
			t.Errorf("%s: %v, %v", key, got, ok)
		}
	}
}

func TestAnyRoundTripProperty(t *testing.T) {
	codecs := everyVersion(t)
	rapid.Check(t, func(t *rapid.T) {
		want := anyValue(t)
		for _, c := range codecs {
			var got any
			if through(t, c, want, &got); canon(got) != canon(want) {
				t.Errorf("%s, want %s", canon(got), canon(want))
			}
		}
	})
}

func TestTypedRoundTripProperty(t *testing.T) {
	type value struct {
		A int64
		B uint64
		C string
		D []byte
		E []float32
		F map[string]*int16
		G [3]uint8
		H map[int]struct{}
		I *value
		J complex64
	}
	var draw func(t *rapid.T, depth int) *value
	draw = func(t *rapid.T, depth int) *value {
		v := &value{
			A: rapid.Int64().Draw(t, "A"), B: rapid.Uint64().Draw(t, "B"), C: rapid.String().Draw(t, "C"),
			D: rapid.SliceOf(rapid.Byte()).Draw(t, "D"), E: rapid.SliceOf(rapid.Float32()).Draw(t, "E"),
			F: rapid.MapOf(rapid.String(), rapid.Ptr(rapid.Int16(), true)).Draw(t, "F"),
			H: map[int]struct{}{rapid.Int().Draw(t, "H"): {}},
			J: complex(rapid.Float32().Draw(t, "real"), rapid.Float32().Draw(t, "imaginary")),
		}
		copy(v.G[:], v.D)
		if depth > 0 {
			v.I = draw(t, depth-1)
		}
		return v
	}
	rapid.Check(t, func(t *rapid.T) {
		want := draw(t, 2)
		var got *value
		if through(t, pymarshal.Codec, want, &got); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}
