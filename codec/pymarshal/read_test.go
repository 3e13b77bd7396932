package pymarshal_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/pymarshal"
)

type (
	dict  = pymarshal.Dict
	tuple = pymarshal.Tuple
	set   = pymarshal.Set
	froze = pymarshal.FrozenSet
	list  = []any
)

func bigInt(text string) *big.Int {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		panic(text)
	}
	return n
}

// Every code that there is, as one version of Python or another writes it.
func TestReadsEveryForm(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       any
	}{
		{"None", "N", nil},
		{"True", "T", true},
		{"False", "F", false},
		{"Ellipsis", ".", pymarshal.Ellipsis},
		{"int", "i\xff\xff\xff\xff", int64(-1)},
		{"int of 32 bits", "i\x00\x00\x00\x80", int64(math.MinInt32)},
		{"int64 of Python 2", "I\x00\x00\x00\x00\x00\x01\x00\x00", int64(1) << 40},
		{"long zero", "l\x00\x00\x00\x00", int64(0)},
		{"long of one digit", "l\xff\xff\xff\xff\x05\x00", int64(-5)},
		{"2**31", "l\x03\x00\x00\x00\x00\x00\x00\x00\x02\x00", int64(1) << 31},
		{"-2**63", "l\xfb\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00", int64(math.MinInt64)},
		{"2**63", "l\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00", bigInt("9223372036854775808")},
		{"10**20", "l\x05\x00\x00\x00\x00\x00\x20\x46\xb5\x78\x3a\x5e\x56\x00", bigInt("100000000000000000000")},
		{"float", "g\x00\x00\x00\x00\x00\x00\xf8\x3f", 1.5},
		{"text float", "f\x041e-3", 1e-3},
		{"text infinity", "f\x04-inf", math.Inf(-1)},
		{"text NaN", "f\x03nan", math.NaN()},
		{"text beyond the range", "f\x061e9999", math.Inf(1)},
		{"complex", "y\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\xc0", complex(1, -2)},
		{"text complex", "x\x011\x02-2", complex(1, -2)},
		{"bytes", "s\x02\x00\x00\x00\x00\xff", []byte{0, 255}},
		{"no bytes", "s\x00\x00\x00\x00", []byte{}},
		{"unicode", "u\x02\x00\x00\x00\xc3\xbc", "ü"},
		{"lone surrogate", "u\x03\x00\x00\x00\xed\xb3\xbf", "\xed\xb3\xbf"},
		{"two surrogates", "u\x06\x00\x00\x00\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xb0\x80"},
		{"interned", "t\x02\x00\x00\x00\xc3\xbc", "ü"},
		{"interned bytes of Python 2", "t\x01\x00\x00\x00\xff", []byte{255}},
		{"ASCII", "a\x02\x00\x00\x00ab", "ab"},
		{"interned ASCII", "A\x02\x00\x00\x00ab", "ab"},
		{"short", "z\x02ab", "ab"},
		{"short interned", "Z\x02ab", "ab"},
		{"list", "[\x02\x00\x00\x00NT", list{nil, true}},
		{"tuple", "(\x02\x00\x00\x00NT", tuple{nil, true}},
		{"small tuple", ")\x02NT", tuple{nil, true}},
		{"set", "<\x01\x00\x00\x00N", set{nil}},
		{"frozenset", ">\x01\x00\x00\x00N", froze{nil}},
		{"dict", "{z\x01aNz\x01bT0", dict{{"a", nil}, {"b", true}}},
		{"keys of all kinds", "{)\x01N" + "N" + ">\x00\x00\x00\x00" + "T" + "s\x00\x00\x00\x00" + "F" + "0",
			dict{{tuple{nil}, nil}, {froze{}, true}, {[]byte{}, false}}},
		{"interned again", "[\x03\x00\x00\x00t\x01\x00\x00\x00aR\x00\x00\x00\x00R\x00\x00\x00\x00", list{"a", "a", "a"}},
		{"shared list", "[\x02\x00\x00\x00\xdb\x01\x00\x00\x00Nr\x00\x00\x00\x00", list{list{nil}, list{nil}}},
		{"outer before inner", "\xdb\x03\x00\x00\x00\xa9\x01\xfa\x01ar\x02\x00\x00\x00r\x01\x00\x00\x00", list{tuple{"a"}, "a", tuple{"a"}}},
		{"flags on constants count for nothing", "[\x03\x00\x00\x00\xce\xfa\x01ar\x00\x00\x00\x00", list{nil, "a", "a"}},
		{"shared frozenset", ")\x02\xbe\x01\x00\x00\x00Nr\x00\x00\x00\x00", tuple{froze{nil}, froze{nil}}},
		{"shared dict", ")\x02\xfb\xfa\x01aN0r\x00\x00\x00\x00", tuple{dict{{"a", nil}}, dict{{"a", nil}}}},
		{"a flag on the end of a dict", "{\xb0", dict{}},
	} {
		var got any
		if err := pymarshal.Codec.Unmarshal([]byte(c.data), &got); err != nil || canon(got) != canon(c.want) {
			t.Errorf("%s: %s, %v; want %s", c.name, canon(got), err, canon(c.want))
		}
	}
}

func TestRefusesMalformed(t *testing.T) {
	for name, data := range map[string]string{
		"empty":                        "",
		"unknown code":                 "?",
		"bare end of a dict":           "0",
		"more follows":                 "NN",
		"int cut off":                  "i\x00\x00\x00",
		"int64 cut off":                "I\x00\x00\x00\x00\x00\x00\x00",
		"float cut off":                "g\x00\x00\x00\x00\x00\x00\x00",
		"complex cut off":              "y\x00\x00\x00\x00\x00\x00\x00\x00",
		"long cut off":                 "l\x02\x00\x00\x00\x01\x00",
		"long of the least size":       "l\x00\x00\x00\x80\x01\x00",
		"long with a zero digit first": "l\x02\x00\x00\x00\x01\x00\x00\x00",
		"long with a digit too large":  "l\x01\x00\x00\x00\x00\x80",
		"no number":                    "f\x00",
		"number in Go's words":         "f\x050x1p0",
		"underscored number":           "f\x031_0",
		"number with a space":          "f\x02 1",
		"bytes cut off":                "s\x02\x00\x00\x00a",
		"negative size":                "s\xff\xff\xff\xff",
		"text that is not UTF-8":       "u\x01\x00\x00\x00\xff",
		"half a surrogate":             "u\x02\x00\x00\x00\xed\xa0",
		"what looks like a surrogate":  "u\x03\x00\x00\x00\xed\xc0\x80",
		"ASCII that is not":            "z\x01\xff",
		"text cut off":                 "z\x02a",
		"list cut off":                 "[\x02\x00\x00\x00N",
		"list of negative size":        "[\xff\xff\xff\xffN",
		"list with an end":             "[\x01\x00\x00\x000",
		"tuple cut off":                ")\x01",
		"set of lists":                 "<\x01\x00\x00\x00[\x00\x00\x00\x00",
		"frozenset of tuples of lists": ">\x01\x00\x00\x00)\x01[\x00\x00\x00\x00",
		"list as a key":                "{[\x00\x00\x00\x00N0",
		"dict as a key":                "{{0N0",
		"set as a key":                 "{<\x00\x00\x00\x00N0",
		"dict without an end":          "{NN",
		"key without a value":          "{N0",
		"reference to nothing":         "r\x00\x00\x00\x00",
		"reference to what follows":    "[\x02\x00\x00\x00r\x01\x00\x00\x00N",
		"negative reference":           "\xdb\x01\x00\x00\x00r\xff\xff\xff\xff",
		"interned reference":           "R\x00\x00\x00\x00",
		"references are of two kinds":  "[\x02\x00\x00\x00\xfa\x01aR\x00\x00\x00\x00",
		"gigabytes in five bytes":      "s\xff\xff\xff\x7f",
		"gigabytes of list":            "[\xff\xff\xff\x7fNNNNN",
		"gigabytes of digits":          "l\xff\xff\xff\x7f\x01\x00",
	} {
		var got any
		err := pymarshal.Codec.Unmarshal([]byte(data), &got)
		if !errors.Is(err, codec.ErrMalformed) || errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%s: %v, want %v", name, err, codec.ErrMalformed)
		}
		if got != nil {
			t.Errorf("%s: the target was set to %s", name, canon(got))
		}
	}
}

func TestRefusesWhatHasNoForm(t *testing.T) {
	for name, data := range map[string]string{
		"code object":               "c\x00\x00\x00\x00",
		"slice":                     ":NNN",
		"StopIteration":             "S",
		"list in itself":            "\xdb\x01\x00\x00\x00r\x00\x00\x00\x00",
		"tuple in itself":           "\xa9\x01r\x00\x00\x00\x00",
		"dict in itself":            "\xfbNr\x00\x00\x00\x000",
		"list in a tuple in itself": "\xdb\x01\x00\x00\x00)\x01r\x00\x00\x00\x00",
	} {
		if err := pymarshal.Codec.Unmarshal([]byte(data), new(any)); !errors.Is(err, codec.ErrTooComplex) {
			t.Errorf("%s: %v, want %v", name, err, codec.ErrTooComplex)
		}
	}
}

func TestEveryPrefixIsMalformed(t *testing.T) {
	data, err := pymarshal.Codec.Marshal(dict{
		{"a", list{int64(1), 1.5, complex(1, 2), bigInt("100000000000000000000")}},
		{tuple{"b", []byte("c")}, set{froze{"d"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if err := pymarshal.Codec.Unmarshal(data[:n], new(any)); !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("the first %d of %d bytes: %v", n, len(data), err)
		}
	}
}

// Nothing that was decoded shares memory with the message.
func TestKeepsNoData(t *testing.T) {
	data := []byte(")\x04s\x02\x00\x00\x00abz\x02cdt\x02\x00\x00\x00ef" + "t\x02\x00\x00\x00g\xff")
	var got any
	if err := pymarshal.Codec.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if want := (tuple{[]byte("ab"), "cd", "ef", []byte("g\xff")}); canon(got) != canon(want) {
		t.Errorf("decoded value changed to %s with the data", canon(got))
	}
}

// A change in one place that refers to an object is none in another.
func TestReferencesAreCopies(t *testing.T) {
	for name, object := range map[string]string{"bytes": "\xf3\x01\x00\x00\x00a", "list": "\xdb\x01\x00\x00\x00N"} {
		var got [2]any
		if err := pymarshal.Codec.Unmarshal([]byte(")\x02"+object+"r\x00\x00\x00\x00"), &got); err != nil {
			t.Fatal(err)
		}
		before := canon(got[1])
		switch first := got[0].(type) {
		case []byte:
			first[0] = 'z'
		case []any:
			first[0] = "z"
		}
		if canon(got[1]) != before || canon(got[0]) == before {
			t.Errorf("%s: %s and %s", name, canon(got[0]), canon(got[1]))
		}
	}
}
