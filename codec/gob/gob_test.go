package gob_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/gob"
	"pgregory.net/rapid"
)

type order struct {
	ID    int
	Items []string
	Price map[string]float64
	Made  time.Time
	Next  *order
}

func TestRoundTrip(t *testing.T) {
	want := order{
		ID: 7, Items: []string{"tea"}, Price: map[string]float64{"tea": 2.5},
		Made: time.Date(2024, 2, 29, 1, 2, 3, 4, time.UTC), Next: &order{ID: 8},
	}
	var got order
	through(t, want, &got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestRoundTripProperty(t *testing.T) {
	type value struct {
		A int64
		B string
		C []byte
		D map[string]uint16
	}
	rapid.Check(t, func(t *rapid.T) {
		want := value{
			rapid.Int64().Draw(t, "A"), rapid.String().Draw(t, "B"),
			rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "C"),
			rapid.MapOfN(rapid.String(), rapid.Uint16(), 1, 5).Draw(t, "D"),
		}
		var got value
		through(t, want, &got)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func through(t interface{ Fatal(...any) }, v, into any) {
	data, err := gob.Codec.Marshal(v)
	if err == nil {
		err = gob.Codec.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Every message stands for itself, whatever went before.
func TestMessagesAreSelfContained(t *testing.T) {
	first, _ := gob.Codec.Marshal(order{ID: 1})
	second, _ := gob.Codec.Marshal(order{ID: 1})
	if len(first) == 0 || !bytes.Equal(first, second) {
		t.Errorf("two messages for a value: %x and %x", first, second)
	}
}

func TestCannotEncode(t *testing.T) {
	ring := &order{}
	ring.Next = ring
	for name, v := range map[string]any{
		"nil": nil, "nil pointer": (*order)(nil), "channel": make(chan int), "function": func() {}, "ring": ring,
		"unregistered": []any{order{}},
	} {
		if _, err := gob.Codec.Marshal(v); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%s: %v, want %v", name, err, codec.ErrTooComplex)
		}
	}
}

func TestCannotDecode(t *testing.T) {
	good, err := gob.Codec.Marshal(order{ID: 300})
	if err != nil {
		t.Fatal(err)
	}
	number, _ := gob.Codec.Marshal(300)
	long, err := gob.Codec.Marshal(order{Items: []string{string(make([]byte, gob.MaxOpenMessage))}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		into any
		want error
	}{
		{"empty", nil, new(order), codec.ErrMalformed},
		{"cut off", good[:len(good)-1], new(order), codec.ErrMalformed},
		{"more follows", append(bytes.Clone(good), 0), new(order), codec.ErrMalformed},
		{"two values", append(bytes.Clone(number), number...), new(int), codec.ErrMalformed},
		{"another type", good, new(string), codec.ErrMalformed},
		{"out of range", number, new(int8), codec.ErrMalformed},
		{"not a pointer", good, order{}, codec.ErrTooComplex},
		{"nil", good, nil, codec.ErrTooComplex},
		{"nil pointer", good, (*order)(nil), codec.ErrTooComplex},
		{"long and open", long, new(order), codec.ErrTooComplex},
	} {
		if err := gob.Codec.Unmarshal(c.data, c.into); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// What is cut off anywhere is refused, and nothing panics.
func TestEveryPrefixIsMalformed(t *testing.T) {
	data, err := gob.Codec.Marshal(order{ID: 1, Items: []string{"x"}, Price: map[string]float64{"y": 1}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if err := gob.Codec.Unmarshal(data[:n], new(order)); !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("the first %d of %d bytes: %v", n, len(data), err)
		}
	}
}

// The longest message for a type without a depth, all of it levels, does not
// use up the stack.
func TestDeepestMessage(t *testing.T) {
	type list []list
	shallow, err := gob.Codec.Marshal(list{list{}})
	if err != nil {
		t.Fatal(err)
	}
	kind := shallow[:int(shallow[0])+1] // the description of the type, and before it its length
	id := shallow[len(kind)+1 : len(kind)+3]
	levels := gob.MaxOpenMessage - 100
	length := levels + 4
	message := append(bytes.Clone(kind), 0xfd, byte(length>>16), byte(length>>8), byte(length))
	message = append(append(message, id...), 0)
	message = append(append(message, bytes.Repeat([]byte{1}, levels)...), 0)

	var got list
	if err := gob.Codec.Unmarshal(message, &got); err != nil {
		t.Fatal(err)
	}
	depth := 0
	for ; len(got) == 1; got = got[0] {
		depth++
	}
	if depth != levels {
		t.Errorf("%d levels, want %d", depth, levels)
	}
}

func BenchmarkMarshal(b *testing.B) {
	v := order{ID: 7, Items: []string{"tea", "milk"}}
	for b.Loop() {
		if _, err := gob.Codec.Marshal(v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	data, err := gob.Codec.Marshal(order{ID: 7, Items: []string{"tea", "milk"}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := gob.Codec.Unmarshal(data, new(order)); err != nil {
			b.Fatal(err)
		}
	}
}
