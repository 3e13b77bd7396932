package pymarshal

import (
	"fmt"
	"reflect"
)

// elements gives those of any sequence or set.
func elements(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case Tuple:
		return v, true
	case Set:
		return v, true
	case FrozenSet:
		return v, true
	}
	return nil, false
}

// content gives the bytes of bytes, or of text.
func content(v any) ([]byte, bool) {
	switch v := v.(type) {
	case []byte:
		return v, true
	case string:
		return []byte(v), true
	}
	return nil, false
}

func assignSlice(target reflect.Value, v any) error {
	if b, ok := content(v); ok && isByte(target.Type().Elem()) {
		target.SetBytes(b)
		return nil
	}
	parts, ok := elements(v)
	if !ok {
		return misfit(target, v)
	}
	// The slice grows as its elements turn out to fit: they may be large.
	slice := reflect.MakeSlice(target.Type(), 0, 0)
	element := reflect.New(target.Type().Elem()).Elem()
	for _, part := range parts {
		element.SetZero()
		if err := assign(element, part); err != nil {
			return err
		}
		slice = reflect.Append(slice, element)
	}
	target.Set(slice)
	return nil
}

func assignArray(target reflect.Value, v any) error {
	if b, ok := v.([]byte); ok && isByte(target.Type().Elem()) && len(b) == target.Len() {
		reflect.Copy(target.Slice(0, len(b)), reflect.ValueOf(b))
		return nil
	}
	parts, ok := elements(v)
	if _, isSet := v.(Set); !ok || isSet || len(parts) != target.Len() {
		return misfit(target, v)
	}
	for i, part := range parts {
		if err := assign(target.Index(i), part); err != nil {
			return err
		}
	}
	return nil
}

func assignMap(target reflect.Value, v any) error {
	made := reflect.MakeMap(target.Type())
	switch v := v.(type) {
	case Dict:
		for _, item := range v {
			if err := assignItem(made, item); err != nil {
				return err
			}
		}
	case Set, FrozenSet:
		if !isSetType(target.Type()) {
			return misfit(target, v)
		}
		parts, _ := elements(v)
		for _, part := range parts {
			key, err := assignKey(target.Type().Key(), part)
			if err != nil {
				return err
			}
			made.SetMapIndex(key, reflect.Zero(target.Type().Elem()))
		}
	default:
		return misfit(target, v)
	}
	target.Set(made)
	return nil
}

func assignItem(m reflect.Value, item Item) error {
	key, err := assignKey(m.Type().Key(), item.Key)
	if err != nil {
		return err
	}
	value := reflect.New(m.Type().Elem()).Elem()
	if err := assign(value, item.Value); err != nil {
		return err
	}
	m.SetMapIndex(key, value)
	return nil
}

// assignKey makes a key of type t. One within an interface may be of a type
// that Go has no hash for.
func assignKey(t reflect.Type, v any) (reflect.Value, error) {
	key := reflect.New(t).Elem()
	if err := assign(key, v); err != nil {
		return key, err
	}
	if !key.Comparable() {
		return key, malformed("a Python %s cannot be a key of a Go map: decode into a Dict or Set", pythonName(v))
	}
	return key, nil
}

func assignStruct(target reflect.Value, v any) error {
	dict, ok := v.(Dict)
	if !ok {
		return misfit(target, v)
	}
	fields, err := fieldsOf(target.Type())
	if err != nil {
		return err
	}
	for _, item := range dict {
		name, _ := keyText(item.Key)
		f, ok := fields.named[name]
		if !ok {
			continue
		}
		if err := assign(target.FieldByIndex(f.index), item.Value); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
	}
	return nil
}

func isByte(t reflect.Type) bool { return t.Kind() == reflect.Uint8 }

// isSetType tells whether a map is one of those that Go programs have for sets.
func isSetType(t reflect.Type) bool {
	return t.Elem() == reflect.TypeFor[struct{}]()
}
