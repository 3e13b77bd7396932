package nesting_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/winsys-go/ipc/codec/internal/nesting"
)

type (
	list   []list
	node   struct{ Next *node }
	hidden struct{ next *hidden }
	outer  struct{ node }
	dict   map[string]any
	loop   *loop
)

func guard() *nesting.Guard {
	return &nesting.Guard{MaxDepth: 10, MaxValues: 1000, Opaque: func(t reflect.Type) bool { return t == reflect.TypeFor[time.Time]() }}
}

func chain(n int) *node {
	var first *node
	for range n {
		first = &node{first}
	}
	return first
}

func TestBounded(t *testing.T) {
	g := guard()
	for _, c := range []struct {
		v    any
		want bool
	}{
		{0, true}, {"", true}, {[][]map[string]*int{}, true}, {struct{ A, B []int }{}, true}, {time.Time{}, true},
		{hidden{next: nil}, true}, {list{}, false}, {node{}, false}, {outer{}, false}, {dict{}, false}, {[]error{}, false}, {loop(nil), false},
	} {
		for range 2 { // computed, then remembered
			if got := g.Bounded(reflect.TypeOf(c.v)); got != c.want {
				t.Errorf("%T: %v, want %v", c.v, got, c.want)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	self := list{nil}
	self[0] = self
	ring := &node{}
	ring.Next = ring
	var eye loop
	eye = &eye
	own := dict{}
	own["me"] = own
	var boxed any
	boxed = &boxed
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"nil", nil, ""}, {"number", 1, ""}, {"nil pointer", (*node)(nil), ""}, {"flat", dict{"a": 1, "b": []byte("c")}, ""},
		{"as deep as may be", chain(10), ""}, {"deeper", chain(11), "deep"},
		{"list of itself", self, "deep"}, {"ring", ring, "deep"}, {"embedded ring", outer{node{ring}}, "deep"},
		{"pointer to itself", eye, "deep"}, {"dict of itself", own, "deep"}, {"interface of itself", boxed, "deep"},
		{"wide", make([]any, 998), ""}, {"wider", make([]any, 1000), "many"},
	} {
		err := guard().Check(c.v)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// Values that share their parts are many more than they seem.
func TestCheckSharedParts(t *testing.T) {
	v := []any{1}
	for range 9 {
		v = []any{v, v, v}
	}
	if err := guard().Check(v); err == nil || !strings.Contains(err.Error(), "many") {
		t.Errorf("%v, want too many values", err)
	}
}
