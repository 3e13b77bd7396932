package pymarshal_test

import (
	"bytes"
	"errors"
	"runtime/metrics"
	"testing"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/pymarshal"
)

// mostAllocated is far above what the limits of FuzzUnmarshal lead to, with the
// fuzzer's own work beside it, and far below what a message can announce.
const mostAllocated = 64 << 20

// FuzzUnmarshal: no message makes the decoder panic or allocate without bounds,
// its errors are those documented, and what it reads is read as the same again
// from what the encoder makes of it.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		"N", "T", ".", "i\x01\x00\x00\x00", "l\x02\x00\x00\x00\x01\x00\x01\x00", "I\x00\x00\x00\x00\x00\x00\x00\x80",
		"f\x031.5", "g\x00\x00\x00\x00\x00\x00\xf8\x7f", "x\x011\x012", "s\x01\x00\x00\x00\xff", "u\x03\x00\x00\x00\xed\xa0\x80",
		"t\x01\x00\x00\x00\xff", "[\x02\x00\x00\x00t\x01\x00\x00\x00aR\x00\x00\x00\x00", ")\x02\xfa\x01ar\x00\x00\x00\x00",
		"\xdb\x01\x00\x00\x00r\x00\x00\x00\x00", "{z\x01aN)\x01N>\x01\x00\x00\x00T0", "<\x01\x00\x00\x00Z\x01a",
		doubling(5), "c", "[\xff\xff\xff\x7fN",
	} {
		f.Add([]byte(seed))
	}
	c, err := pymarshal.New(pymarshal.Options{Version: 4, MaxDepth: 100, MaxSize: 64 << 10})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := totalAllocated()
		var v any
		err := c.Unmarshal(data, &v)
		if used := totalAllocated() - before; used > mostAllocated {
			t.Errorf("%d bytes allocated", used)
		}
		if err != nil {
			if errors.Is(err, codec.ErrMalformed) == errors.Is(err, codec.ErrTooComplex) {
				t.Errorf("an error of both kinds or none: %v", err)
			}
			return
		}
		stable(t, c, v)
		typed(t, c, data)
	})
}

// stable tells whether v is the same after another round.
func stable(t *testing.T, c codec.Codec, v any) {
	first, err := c.Marshal(v)
	if err != nil {
		t.Fatalf("encoding %s: %v", canon(v), err)
	}
	var again any
	if err := c.Unmarshal(first, &again); err != nil {
		t.Fatalf("decoding %x: %v", first, err)
	}
	second, err := c.Marshal(again)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("%x became %x, %v", first, second, err)
	}
	if canon(again) != canon(v) {
		t.Errorf("%s became %s", canon(v), canon(again))
	}
}

// typed decodes into types of Go, which may fail, though in one way only.
func typed(t *testing.T, c codec.Codec, data []byte) {
	for _, into := range []any{new(record), new([]record), new(map[string]record), new(map[any]any), new(map[any]struct{}), new([2]any), new(int8), new(float32), new(string), new(dict)} {
		if err := c.Unmarshal(data, into); err != nil && !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("into %T: %v", into, err)
		}
	}
}

func totalAllocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
