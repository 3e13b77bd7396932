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
func canon(v any) string {
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
		return fmt.Sprintf("f%016x", math.Float64bits(v))
	case complex128:
		return fmt.Sprintf("c%016x%016x", math.Float64bits(real(v)), math.Float64bits(imag(v)))
	case string:
		return fmt.Sprintf("s%x", v)
	case []byte:
		return fmt.Sprintf("b%x", v)
	case []any:
		return "[" + strings.Join(canonAll(v), ",") + "]"
	case pymarshal.Tuple:
		return "(" + strings.Join(canonAll(v), ",") + ")"
	case pymarshal.Set:
		return "<" + strings.Join(sorted(canonAll(v)), ",") + ">"
	case pymarshal.FrozenSet:
		return "|" + strings.Join(sorted(canonAll(v)), ",") + "|"
	case pymarshal.Dict:
		var items []string
		for _, item := range v {
			items = append(items, canon(item.Key)+":"+canon(item.Value))
		}
		return "{" + strings.Join(sorted(items), ",") + "}"
	}
	return fmt.Sprintf("unknown %T", v)
}

func canonAll(values []any) []string {
	var all []string
	for _, v := range values {
		all = append(all, canon(v))
	}
	return all
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
