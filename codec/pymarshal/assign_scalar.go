package pymarshal

import (
	"math/big"
	"reflect"
)

// bigInt gives any int as one type.
func bigInt(v any) (*big.Int, bool) {
	switch n := v.(type) {
	case int64:
		return big.NewInt(n), true
	case *big.Int:
		return n, true
	}
	return nil, false
}

func assignBool(target reflect.Value, v any) error {
	b, ok := v.(bool)
	if !ok {
		return misfit(target, v)
	}
	target.SetBool(b)
	return nil
}

func assignInt(target reflect.Value, v any) error {
	n, ok := v.(int64)
	switch {
	case !ok:
		return notInt64(target, v)
	case target.OverflowInt(n):
		return overflow(target, v)
	}
	target.SetInt(n)
	return nil
}

func assignUint(target reflect.Value, v any) error {
	n, ok := bigInt(v)
	switch {
	case !ok:
		return misfit(target, v)
	case !n.IsUint64() || target.OverflowUint(n.Uint64()):
		return overflow(target, v)
	}
	target.SetUint(n.Uint64())
	return nil
}

func assignFloat(target reflect.Value, v any) error {
	f, err := toFloat(target, v)
	if err != nil {
		return err
	}
	if target.OverflowFloat(f) {
		return overflow(target, v)
	}
	target.SetFloat(f)
	return nil
}

func assignComplex(target reflect.Value, v any) error {
	c, ok := v.(complex128)
	if !ok {
		f, err := toFloat(target, v)
		if err != nil {
			return err
		}
		c = complex(f, 0)
	}
	if target.OverflowComplex(c) {
		return overflow(target, v)
	}
	target.SetComplex(c)
	return nil
}

// toFloat gives a float, or an int that is one exactly: scripts write 1 for
// 1.0.
func toFloat(target reflect.Value, v any) (float64, error) {
	if f, ok := v.(float64); ok {
		return f, nil
	}
	n, ok := bigInt(v)
	if !ok {
		return 0, misfit(target, v)
	}
	f, accuracy := n.Float64()
	narrow := target.Kind() == reflect.Float32 || target.Kind() == reflect.Complex64
	if accuracy != big.Exact || narrow && float64(float32(f)) != f {
		return 0, overflow(target, v)
	}
	return f, nil
}

// notInt64 tells an int that is too large from what is no int.
func notInt64(target reflect.Value, v any) error {
	if _, ok := v.(*big.Int); ok {
		return overflow(target, v)
	}
	return misfit(target, v)
}

// overflow is the error for a number that target does not hold. Integers can be
// long: they are not quoted.
func overflow(target reflect.Value, v any) error {
	return malformed("the Python %s is out of the range of a Go %s", pythonName(v), target.Type())
}

func assignString(target reflect.Value, v any) error {
	switch v := v.(type) {
	case string:
		target.SetString(v)
		return nil
	case []byte:
		if isText(v) {
			target.SetString(string(v))
			return nil
		}
	}
	return misfit(target, v)
}
