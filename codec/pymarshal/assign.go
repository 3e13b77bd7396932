package pymarshal

import (
	"encoding"
	"math/big"
	"reflect"
)

// mostPointers is how many pointers may lead to a value. Only a type of
// pointers to itself has as many.
const mostPointers = 100

// assign puts a decoded value into target.
func assign(target reflect.Value, v any) error {
	for range mostPointers {
		switch {
		case target.Kind() == reflect.Interface:
			return assignInterface(target, v)
		case v == nil:
			return assignNone(target)
		case reflect.TypeOf(v) == target.Type():
			target.Set(reflect.ValueOf(v))
			return nil
		case target.Kind() != reflect.Pointer:
			return assignValue(target, v)
		case target.IsNil():
			target.Set(reflect.New(target.Type().Elem()))
		}
		target = target.Elem()
	}
	return tooComplex("a type of pointers to itself")
}

func assignInterface(target reflect.Value, v any) error {
	switch {
	case target.NumMethod() > 0:
		return tooComplex("no telling which type to decode into a %s", target.Type())
	case v == nil:
		target.SetZero()
	default:
		target.Set(reflect.ValueOf(v))
	}
	return nil
}

func assignNone(target reflect.Value) error {
	switch target.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		target.SetZero()
		return nil
	}
	return misfit(target, nil)
}

// assignValue is for targets that are neither pointers nor interfaces, and
// values other than None.
func assignValue(target reflect.Value, v any) error {
	if done, err := assignSpecial(target, v); done {
		return err
	}
	switch target.Kind() {
	case reflect.Bool:
		return assignBool(target, v)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return assignInt(target, v)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return assignUint(target, v)
	case reflect.Float32, reflect.Float64:
		return assignFloat(target, v)
	case reflect.Complex64, reflect.Complex128:
		return assignComplex(target, v)
	case reflect.String:
		return assignString(target, v)
	case reflect.Slice:
		return assignSlice(target, v)
	case reflect.Array:
		return assignArray(target, v)
	case reflect.Map:
		return assignMap(target, v)
	case reflect.Struct:
		return assignStruct(target, v)
	}
	return tooComplex("nothing can be decoded into a %s", target.Type())
}

// assignSpecial does the types of this package, big.Int and those that read
// text themselves. It tells whether that was one.
func assignSpecial(target reflect.Value, v any) (bool, error) {
	switch p := target.Addr().Interface().(type) {
	case *Dict, *EllipsisType:
		return true, misfit(target, v)
	case *Set:
		if elements, ok := v.(FrozenSet); ok {
			*p = Set(elements)
			return true, nil
		}
		return true, misfit(target, v)
	case *FrozenSet:
		if elements, ok := v.(Set); ok {
			*p = FrozenSet(elements)
			return true, nil
		}
		return true, misfit(target, v)
	case *big.Int:
		n, ok := bigInt(v)
		if !ok {
			return true, misfit(target, v)
		}
		p.Set(n)
		return true, nil
	case encoding.TextUnmarshaler:
		if text, ok := v.(string); ok {
			return true, readText(p, text)
		}
	}
	return false, nil
}

func readText(p encoding.TextUnmarshaler, text string) error {
	if err := p.UnmarshalText([]byte(text)); err != nil {
		return malformed("text for a %T: %w", p, err)
	}
	return nil
}

// misfit is the error for a value that target cannot hold.
func misfit(target reflect.Value, v any) error {
	return malformed("a Python %s does not fit a Go %s", pythonName(v), target.Type())
}
