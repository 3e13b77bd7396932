package pymarshal_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/winsys-go/ipc/codec/pymarshal"
)

// canon writes a decoded value so that equal values, and only these, give equal
// text. testdata/peer.py does the same in Python.
func canon(v any) string { return form("b").of(v) }

// A form is what bytes begin with in the text.
type form string

func (f form) of(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	case pymarshal.EllipsisType:
		return "..."
	case int64:
		return fmt.Sprintf("i%d", v)
	case *big.Int:
		return "i" + v.String()
	case float64:
		return "f" + bits(v)
	case complex128:
		return "c" + bits(real(v)) + bits(imag(v))
	case string:
		return fmt.Sprintf("s%x", v)
	case []byte:
		return fmt.Sprintf("%s%x", f, v)
	case []any:
		return "[" + strings.Join(f.all(v), ",") + "]"
	case pymarshal.Tuple:
		return "(" + strings.Join(f.all(v), ",") + ")"
	case pymarshal.Set:
		return "<" + strings.Join(sorted(f.all(v)), ",") + ">"
	case pymarshal.FrozenSet:
		return "|" + strings.Join(sorted(f.all(v)), ",") + "|"
	case pymarshal.Dict:
		var items []string
		for _, item := range v {
			items = append(items, f.of(item.Key)+":"+f.of(item.Value))
		}
		return "{" + strings.Join(sorted(items), ",") + "}"
	}
	return fmt.Sprintf("unknown %T", v)
}

func (f form) all(values []any) []string {
	var all []string
	for _, v := range values {
		all = append(all, f.of(v))
	}
	return all
}

// bits tells zeros apart, but not one NaN from another.
func bits(f float64) string {
	if math.IsNaN(f) {
		return "nan"
	}
	return fmt.Sprintf("%016x", math.Float64bits(f))
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
