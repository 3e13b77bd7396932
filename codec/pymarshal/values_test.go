package pymarshal_test

import (
	"math"
	"math/big"

	"github.com/winsys-go/ipc/codec/pymarshal"
	"pgregory.net/rapid"
)

// anyValue draws a value such as Unmarshal puts into an any.
func anyValue(t *rapid.T) any { return drawValue(t, 4) }

func drawValue(t *rapid.T, depth int) any {
	kinds := 9
	if depth > 0 {
		kinds = 14
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return pymarshal.Ellipsis
	case 3:
		return rapid.Int64().Draw(t, "int")
	case 4:
		return drawBig(t)
	case 5:
		return drawFloat(t)
	case 6:
		return complex(drawFloat(t), drawFloat(t))
	case 7:
		return rapid.String().Draw(t, "str")
	case 8:
		return rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
	case 9:
		return drawText(t)
	case 10:
		return drawSlice(t, depth-1, drawValue)
	case 11:
		return pymarshal.Tuple(drawSlice(t, depth-1, drawValue))
	case 12:
		return pymarshal.Set(drawKeys(t, depth-1))
	case 13:
		return pymarshal.FrozenSet(drawKeys(t, depth-1))
	}
	dict := pymarshal.Dict{}
	for _, k := range drawKeys(t, depth-1) {
		dict = append(dict, pymarshal.Item{Key: k, Value: drawValue(t, depth-1)})
	}
	return dict
}

// drawKey draws a value that can be a key, and is equal to no key of another
// text: to Python, True is 1 and so is 1.0.
func drawKey(t *rapid.T, depth int) any {
	kinds := 6
	if depth > 0 {
		kinds = 8
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind of key") {
	case 0:
		return nil
	case 1:
		return pymarshal.Ellipsis
	case 2:
		return rapid.Int64().Draw(t, "int")
	case 3:
		return drawBig(t)
	case 4:
		return float64(rapid.Int32().Draw(t, "half")) + 0.5
	case 5:
		return drawText(t)
	case 6:
		return append([]byte("b"), rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")...)
	case 7:
		return pymarshal.Tuple(drawSlice(t, depth-1, drawKey))
	}
	return pymarshal.FrozenSet(drawKeys(t, depth-1))
}

func drawSlice(t *rapid.T, depth int, draw func(*rapid.T, int) any) []any {
	all := []any{}
	for range rapid.IntRange(0, 4).Draw(t, "length") {
		all = append(all, draw(t, depth))
	}
	return all
}

// drawKeys draws keys that differ.
func drawKeys(t *rapid.T, depth int) []any {
	all, seen := []any{}, map[string]bool{}
	for _, k := range drawSlice(t, max(depth, 0), drawKey) {
		if text := canon(k); !seen[text] {
			seen[text] = true
			all = append(all, k)
		}
	}
	return all
}

func drawFloat(t *rapid.T) float64 {
	special := rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.SmallestNonzeroFloat64})
	return rapid.OneOf(rapid.Float64(), special).Draw(t, "float")
}

// drawBig draws an integer that does not fit an int64.
func drawBig(t *rapid.T) any {
	b := rapid.SliceOfN(rapid.Byte(), 9, 40).Draw(t, "magnitude")
	b[0] |= 1
	n := new(big.Int).SetBytes(b)
	if rapid.Bool().Draw(t, "negative") {
		n.Neg(n)
	}
	return n
}

// drawText draws text in which lone surrogates may stand. Its first letter
// keeps it from being equal to what Python 2 has for bytes, and no two
// surrogates are neighbours, because Python 2 makes one letter of them.
func drawText(t *rapid.T) string {
	text := "ü"
	if rapid.Bool().Draw(t, "ASCII") {
		text = "u"
	}
	for range rapid.IntRange(0, 4).Draw(t, "pieces") {
		text += rapid.SampledFrom([]string{"\xed\xa0\x80-", "\xed\xbf\xbf-", "€", "\U0001f600", "x", "\x00", "a longer piece of text"}).Draw(t, "piece")
	}
	return text
}
