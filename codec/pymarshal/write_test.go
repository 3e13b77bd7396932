package pymarshal_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/pymarshal"
)

type (
	color  string
	flag   bool
	level  int8
	names  []string
	packet []byte
	self   *self
)

type base struct {
	ID   int `marshal:"id"`
	Kind string
}

type record struct {
	base
	Name   string            `marshal:"name"`
	Kind   color             // hides that of base
	Tries  uint8             `marshal:"tries,omitzero"`
	Secret string            `marshal:"-"`
	Tags   map[string]string `marshal:",omitzero"`
	hidden int
	Next   *record `marshal:"next,omitzero"`
}

// What Go values are to Python, told by what they are when they come back.
func TestWritesGoValues(t *testing.T) {
	one := 1
	pointer := &one
	for _, c := range []struct {
		v, want any
	}{
		{nil, nil}, {(*int)(nil), nil}, {(*record)(nil), nil}, {error(nil), nil},
		{true, true}, {int8(-1), int64(-1)}, {uint16(65535), int64(65535)}, {level(3), int64(3)},
		{int64(math.MaxInt64), int64(math.MaxInt64)}, {uint64(math.MaxUint64), bigInt("18446744073709551615")},
		{&pointer, int64(1)}, {*bigInt("-7"), int64(-7)}, {bigInt("99999999999999999999"), bigInt("99999999999999999999")},
		{float32(0.5), 0.5}, {complex64(1i), 1i}, {color("red"), "red"}, {packet("ab"), []byte("ab")}, {[2]byte{1, 2}, []byte{1, 2}},
		{names{"a"}, list{"a"}}, {names(nil), list{}}, {[]byte(nil), []byte{}}, {[2]int{1, 2}, tuple{int64(1), int64(2)}},
		{map[string]int(nil), dict{}}, {map[string]int{"a": 1}, dict{{"a", int64(1)}}}, {map[any]any{nil: 1}, dict{{nil, int64(1)}}},
		{map[[1]int]bool{{7}: true}, dict{{tuple{int64(7)}, true}}},
		{map[string]struct{}{"a": {}}, set{"a"}}, {map[int]struct{}{}, set{}},
		{struct{}{}, dict{}}, {pymarshal.Tuple(nil), tuple{}}, {&pymarshal.Dict{}, dict{}}, {&pymarshal.Ellipsis, pymarshal.Ellipsis},
		{record{base: base{ID: 1, Kind: "hidden"}, Name: "n", Secret: "s", hidden: 2},
			dict{{"name", "n"}, {"Kind", ""}, {"id", int64(1)}}},
		{&record{Tries: 1, Tags: map[string]string{}, Next: &record{Name: "m"}}, dict{
			{"name", ""}, {"Kind", ""}, {"tries", int64(1)}, {"Tags", dict{}},
			{"next", dict{{"name", "m"}, {"Kind", ""}, {"id", int64(0)}}}, {"id", int64(0)},
		}},
		{time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC), "2024-02-29T01:02:03Z"},
		{map[netip.Addr]int{netip.MustParseAddr("::1"): 1}, dict{{"::1", int64(1)}}},
		{[]any{new(big.Float)}, list{"0"}}, {struct{ F big.Float }{}, dict{{"F", "0"}}},
	} {
		var got any
		if through(t, pymarshal.Codec, c.v, &got); canon(got) != canon(c.want) {
			t.Errorf("%T %v is %s, want %s", c.v, c.v, canon(got), canon(c.want))
		}
	}
}

// A struct's keys come in the order of its fields, the embedded ones last.
func TestOrderOfFields(t *testing.T) {
	var got pymarshal.Dict
	through(t, pymarshal.Codec, record{Tries: 1}, &got)
	var keys string
	for _, item := range got {
		keys += item.Key.(string) + " "
	}
	if keys != "name Kind tries id " {
		t.Errorf("keys are %s", keys)
	}
}

func TestMapsAreDeterministic(t *testing.T) {
	m := map[any]any{}
	for i := range 100 {
		m[i], m[string(rune(i))] = map[int]int{i: i, i + 1: i}, map[[1]int]struct{}{{i}: {}, {i + 1}: {}}
	}
	first, err := pymarshal.Codec.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if data, err := pymarshal.Codec.Marshal(m); err != nil || !bytes.Equal(data, first) {
			t.Fatalf("another message for the same map, %v", err)
		}
	}
}

type stubborn struct{}

var errStubborn = errors.New("no")

func (stubborn) MarshalText() ([]byte, error) { return nil, errStubborn }
func (*stubborn) UnmarshalText([]byte) error  { return errStubborn }

func TestCannotEncode(t *testing.T) {
	ring := &record{}
	ring.Next = ring
	own := []any{nil}
	own[0] = own
	var eye self
	eye = &eye
	shared := []any{1}
	for range 40 {
		shared = []any{shared, shared}
	}
	twice := struct {
		A int `marshal:"x"`
		B int `marshal:"x"`
	}{}
	for name, v := range map[string]any{
		"channel": make(chan int), "function": func() {}, "uintptr": uintptr(1), "channel within": []any{map[string]any{"a": make(chan int)}},
		"ring": ring, "list in itself": own, "pointer to itself": eye, "2**40 values": shared,
		"text that is not UTF-8": "\xff", "half a surrogate": "\xed\xa0", "such text as a key": map[string]int{"\xff": 1},
		"list as a key": dict{{list{}, 1}}, "dict as a key": dict{{dict{}, 1}}, "set as a key": dict{{set{}, 1}},
		"struct as a key": map[base]int{{}: 1}, "map in a set": set{map[int]int{}}, "list in a key": dict{{tuple{list{}}, 1}},
		"list in a frozenset": froze{list{}}, "keys that are one": map[any]int{int8(1): 1, int16(1): 2},
		"two fields of a name": twice, "no text": stubborn{},
	} {
		if testing.Short() && name == "2**40 values" {
			continue // it goes on to the limit, which the race detector makes long
		}
		if data, err := pymarshal.Codec.Marshal(v); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%s: %x, %v; want %v", name, data, err, codec.ErrTooComplex)
		}
	}
	if _, err := pymarshal.Codec.Marshal(&stubborn{}); !errors.Is(err, errStubborn) {
		t.Errorf("%v hides the cause", err)
	}
}

// Lists are fine again after a key.
func TestKeysOnlyConcernThemselves(t *testing.T) {
	v := dict{{froze{"a"}, list{}}, {tuple{froze{}}, dict{{"b", set{"c"}}}}}
	var got any
	if through(t, pymarshal.Codec, v, &got); canon(got) != canon(v) {
		t.Errorf("%s, want %s", canon(got), canon(v))
	}
}
