package pymarshal_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/pymarshal"
)

// allocated tells how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Short messages that stand for enormous values end at the limit of size.
func TestBombs(t *testing.T) {
	for name, data := range map[string]string{
		"references to references":                               doubling(40),
		"lists within lists, each announced as long as the rest": strings.Repeat("[\x00\x80\x00\x00", 900) + strings.Repeat("N", 0x8000),
		"one text, many times": ")\x02\xe1" + "\x00\x00\x10\x00" + strings.Repeat("a", 1<<20) +
			"[\xff\x00\x00\x00" + strings.Repeat("r\x00\x00\x00\x00", 255),
	} {
		used := allocated(func() {
			if err := pymarshal.Codec.Unmarshal([]byte(data), new(any)); !errors.Is(err, codec.ErrTooComplex) {
				t.Errorf("%s: %v, want %v", name, err, codec.ErrTooComplex)
			}
		})
		if used > 2*pymarshal.DefaultMaxSize {
			t.Errorf("%s: %d MiB allocated", name, used>>20)
		}
	}
}

// doubling is a list in which every element is a pair of the one before: in
// memory 2 to the power of n values.
func doubling(n int) string {
	data := "[" + string(rune(n+1)) + "\x00\x00\x00" + "\xdb\x00\x00\x00\x00"
	for i := range n {
		last := "r" + string(rune(i)) + "\x00\x00\x00"
		data += "\xa9\x02" + last + last
	}
	return data
}

// What a message announces and does not hold costs nothing.
func TestAnnouncedSizes(t *testing.T) {
	for _, data := range []string{"[\xff\xff\xff\x7f", "(\xff\xff\xff\x7f", "<\xff\xff\xff\x7f", "s\xff\xff\xff\x7f", "u\xff\xff\xff\x7f", "l\xff\xff\xff\x7f", "l\x01\x00\x00\x80"} {
		used := allocated(func() {
			if err := pymarshal.Codec.Unmarshal([]byte(data), new(any)); !errors.Is(err, codec.ErrMalformed) {
				t.Errorf("%q: %v, want %v", data, err, codec.ErrMalformed)
			}
		})
		if used > 1<<20 {
			t.Errorf("%q: %d bytes allocated", data, used)
		}
	}
}

// nested is a list of so many levels.
func nested(levels int) []any {
	v := []any{}
	for range levels - 1 {
		v = []any{v}
	}
	return v
}

// The limits are the same both ways: what is at them passes, and what is one
// beyond passes neither.
func TestLimitsAreTheSameBothWays(t *testing.T) {
	words := func(n int) any { return []any{strings.Repeat("x", n), []byte(strings.Repeat("x", n))} }
	for _, c := range []struct {
		name         string
		limit        pymarshal.Options
		just, beyond any
	}{
		{"depth", pymarshal.Options{MaxDepth: 50}, nested(50), nested(51)},
		{"default depth", pymarshal.Options{}, nested(pymarshal.DefaultMaxDepth), nested(pymarshal.DefaultMaxDepth + 1)},
		{"number of values", pymarshal.Options{MaxSize: 320}, make([]any, 9), make([]any, 10)},
		{"length", pymarshal.Options{MaxSize: 3*32 + 2*100}, words(100), words(101)},
		{"digits", pymarshal.Options{MaxSize: 32 + 10}, bigInt("9223372036854775808"), bigInt("1180591620717411303424" + "000")},
		{"items", pymarshal.Options{MaxSize: 3*32 + 1}, dict{{"a", nil}}, dict{{"aa", nil}}},
	} {
		limited, err := pymarshal.New(c.limit)
		if err != nil {
			t.Fatal(err)
		}
		wide, err := pymarshal.New(pymarshal.Options{MaxDepth: 2000})
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if through(t, limited, c.just, &got); canon(got) != canon(c.just) {
			t.Errorf("%s: came back changed", c.name)
		}
		if _, err := limited.Marshal(c.beyond); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%s: encoding: %v, want %v", c.name, err, codec.ErrTooComplex)
		}
		data, err := wide.Marshal(c.beyond)
		if err != nil {
			t.Fatal(err)
		}
		if err := limited.Unmarshal(data, &got); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%s: decoding: %v, want %v", c.name, err, codec.ErrTooComplex)
		}
	}
}

// TestMostDepth goes as deep as options allow, and one level further.
func TestMostDepth(t *testing.T) {
	c, err := pymarshal.New(pymarshal.Options{MaxDepth: 2000})
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if through(t, c, nested(2000), &got); canon(got) != canon(nested(2000)) {
		t.Error("2000 levels came back changed")
	}
	if _, err := c.Marshal(nested(2001)); !errors.Is(err, codec.ErrTooComplex) {
		t.Errorf("encoding 2001 levels: %v", err)
	}
	deeper := strings.Repeat("[\x01\x00\x00\x00", 2000) + "N"
	if err := c.Unmarshal([]byte(deeper), &got); !errors.Is(err, codec.ErrTooComplex) {
		t.Errorf("decoding 2001 levels: %v", err)
	}
}

// References do not nest values deeper than the limit.
func TestReferencesCountTheirDepth(t *testing.T) {
	data := "[\x64\x00\x00\x00\xdb\x00\x00\x00\x00"
	for i := range 99 {
		data += "\xdb\x01\x00\x00\x00r" + string([]byte{byte(i)}) + "\x00\x00\x00"
	}
	for depth, want := range map[int]error{100: codec.ErrTooComplex, 101: nil} {
		limited, err := pymarshal.New(pymarshal.Options{MaxDepth: depth})
		if err != nil {
			t.Fatal(err)
		}
		if err := limited.Unmarshal([]byte(data), new(any)); !errors.Is(err, want) {
			t.Errorf("depth of %d: %v, want %v", depth, err, want)
		}
	}
}
