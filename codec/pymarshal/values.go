package pymarshal

import (
	"fmt"
	"math/big"
)

// A Tuple is a Python tuple.
type Tuple []any

// A Set is a Python set. Its order has no meaning, and to Python equal elements
// are one.
type Set []any

// A FrozenSet is a Python frozenset.
type FrozenSet []any

// A Dict is a Python dict in its own order. It holds whatever keys Python has,
// also those that cannot be keys of a Go map, such as bytes and tuples. When a
// key is there twice, to Python the last counts.
type Dict []Item

// An Item is a key of a Dict with its value.
type Item struct{ Key, Value any }

// Get returns the value of a key that is text, or bytes with the same content,
// as scripts in Python 2 have them.
func (d Dict) Get(key string) (any, bool) {
	for i := len(d) - 1; i >= 0; i-- {
		if name, ok := keyText(d[i].Key); ok && name == key {
			return d[i].Value, true
		}
	}
	return nil, false
}

// keyText returns the text of a key that has one.
func keyText(key any) (string, bool) {
	switch key := key.(type) {
	case string:
		return key, true
	case []byte:
		return string(key), true
	}
	return "", false
}

// EllipsisType is the type of [Ellipsis].
type EllipsisType struct{}

// Ellipsis is Python's value of that name, also written as three dots.
var Ellipsis EllipsisType

// hashable tells whether Python takes a decoded value as a key.
func hashable(v any) bool {
	switch v := v.(type) {
	case []any, Dict, Set:
		return false
	case Tuple:
		for _, element := range v {
			if !hashable(element) {
				return false
			}
		}
	}
	return true
}

// pythonName is what Python calls the type of a decoded value.
func pythonName(v any) string {
	switch v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case complex128:
		return "complex"
	case string:
		return "str"
	case []byte:
		return "bytes"
	case []any:
		return "list"
	case Tuple:
		return "tuple"
	case Dict:
		return "dict"
	case Set:
		return "set"
	case FrozenSet:
		return "frozenset"
	case EllipsisType:
		return "Ellipsis"
	}
	return fmt.Sprintf("%T", v)
}
