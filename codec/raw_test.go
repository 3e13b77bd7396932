package codec_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/winsys-go/ipc/codec"
)

type (
	line   string
	packet []byte
)

func TestRawEncodes(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{"text", "text"}, {"", ""}, {"\xff\x00", "\xff\x00"}, {line("a line"), "a line"},
		{[]byte{1, 0, 255}, "\x01\x00\xff"}, {packet("p"), "p"}, {[]byte(nil), ""},
		{&url.URL{Scheme: "http", Host: "example.org"}, "http://example.org"},
	} {
		if data, err := codec.Raw.Marshal(c.v); err != nil || string(data) != c.want {
			t.Errorf("%T %q: %q, %v", c.v, c.v, data, err)
		}
	}
}

func TestRawDecodes(t *testing.T) {
	const text = "http://example.org/\x7e"
	var (
		s string
		l line
		b []byte
		p packet
		a any
		u url.URL
	)
	for _, v := range []any{&s, &l, &b, &p, &a, &u} {
		data := []byte(text)
		if err := codec.Raw.Unmarshal(data, v); err != nil {
			t.Fatalf("%T: %v", v, err)
		}
		clear(data)
	}
	fromAny, _ := a.([]byte)
	for kind, got := range map[string]string{
		"string": s, "line": string(l), "bytes": string(b), "packet": string(p), "any": string(fromAny), "URL": u.String(),
	} {
		if got != text {
			t.Errorf("%s: %q, want %q", kind, got, text)
		}
	}
}

func TestRawResultIsTheCallers(t *testing.T) {
	v := []byte("abc")
	data, err := codec.Raw.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if string(v) != "abc" {
		t.Errorf("the value changed with the message: %q", v)
	}
}

// stubborn refuses both ways.
type stubborn struct{}

var errStubborn = errors.New("no")

func (stubborn) MarshalBinary() ([]byte, error) { return nil, errStubborn }
func (stubborn) UnmarshalBinary([]byte) error   { return errStubborn }

func TestRawRefuses(t *testing.T) {
	for _, v := range []any{nil, 7, []int{1}, new(string), (*url.URL)(nil), struct{}{}, make(chan int)} {
		if _, err := codec.Raw.Marshal(v); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("encoding %T: %v, want %v", v, err, codec.ErrTooComplex)
		}
	}
	for _, v := range []any{nil, "s", []byte{}, (*string)(nil), new(int), new(error), new([]int)} {
		if err := codec.Raw.Unmarshal([]byte("x"), v); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("decoding into %T: %v, want %v", v, err, codec.ErrTooComplex)
		}
	}
	if _, err := codec.Raw.Marshal(stubborn{}); !errors.Is(err, codec.ErrTooComplex) || !errors.Is(err, errStubborn) {
		t.Errorf("encoding: %v", err)
	}
	if err := codec.Raw.Unmarshal(nil, new(stubborn)); !errors.Is(err, codec.ErrMalformed) || !errors.Is(err, errStubborn) {
		t.Errorf("decoding: %v", err)
	}
}
