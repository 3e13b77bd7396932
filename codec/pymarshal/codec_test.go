package pymarshal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/pymarshal"
)

func through(t interface{ Fatal(...any) }, c codec.Codec, v, into any) {
	data, err := c.Marshal(v)
	if err == nil {
		err = c.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNotAPointer(t *testing.T) {
	for _, v := range []any{nil, 0, (*int)(nil), map[string]int{}} {
		if err := pymarshal.Codec.Unmarshal([]byte("N"), v); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("into %T: %v, want %v", v, err, codec.ErrTooComplex)
		}
	}
}

func TestVersions(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		version int
		v       any
		want    string
	}{
		{2, "ab", "u\x02\x00\x00\x00ab"}, {3, "ab", "u\x02\x00\x00\x00ab"}, {4, "ab", "z\x02ab"},
		{4, "", "z\x00"}, {4, "ü", "u\x02\x00\x00\x00ü"}, {4, long, "a\x00\x01\x00\x00" + long},
		{2, tuple{nil}, "(\x01\x00\x00\x00N"}, {3, tuple{nil}, "(\x01\x00\x00\x00N"}, {4, tuple{nil}, ")\x01N"},
		{4, make(tuple, 256), "(\x00\x01\x00\x00" + strings.Repeat("N", 256)},
		{0, "ab", "u\x02\x00\x00\x00ab"},
	} {
		made, err := pymarshal.New(pymarshal.Options{Version: c.version})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := made.Marshal(c.v); err != nil || !bytes.Equal(data, []byte(c.want)) {
			t.Errorf("version %d: %q, %v; want %q", c.version, data, err, c.want)
		}
	}
}

func TestName(t *testing.T) {
	if name := pymarshal.Codec.Name(); name != "pymarshal" {
		t.Error(name)
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for _, o := range []pymarshal.Options{
		{Version: 1}, {Version: 5}, {Version: -1}, {MaxDepth: -1}, {MaxDepth: 2001}, {MaxSize: -1}, {MaxSize: 1<<30 + 1},
	} {
		if c, err := pymarshal.New(o); err == nil {
			t.Errorf("%+v: %v", o, c)
		}
	}
}
