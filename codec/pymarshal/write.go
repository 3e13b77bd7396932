package pymarshal

import (
	"encoding"
	"math/big"
	"reflect"
)

// A writer encodes one message.
type writer struct {
	out     []byte
	version int
	inKey   bool // within a key of a dict or an element of a set
	budget
}

// value writes v.
func (w *writer) value(v reflect.Value, depth int) error {
	if err := w.enter(depth); err != nil {
		return err
	}
	if err := w.spendValues(1); err != nil {
		return err
	}
	for range mostPointers {
		if !v.IsValid() || isNil(v) {
			w.code(codeNone)
			return nil
		}
		if done, err := w.special(v, depth); done {
			return err
		}
		if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
			return w.kind(v, depth)
		}
		v = v.Elem()
	}
	return tooComplex("a pointer that leads to itself")
}

func isNil(v reflect.Value) bool {
	return (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil()
}

// special writes the types of this package, big.Int and those that write text
// themselves. It tells whether v was one.
func (w *writer) special(v reflect.Value, depth int) (bool, error) {
	switch v.Type() {
	case reflect.TypeFor[EllipsisType]():
		w.code(codeEllipsis)
		return true, nil
	case reflect.TypeFor[Tuple]():
		return true, w.tuple(v, depth)
	case reflect.TypeFor[Dict]():
		return true, w.dict(v.Interface().(Dict), depth)
	case reflect.TypeFor[Set]():
		return true, w.set(codeSet, v, depth)
	case reflect.TypeFor[FrozenSet]():
		return true, w.set(codeFrozenSet, v, depth)
	case reflect.TypeFor[big.Int]():
		n := addressed(v).Interface().(*big.Int)
		return true, w.bigInt(n)
	}
	if v.Kind() == reflect.Interface || !writesText(v.Type()) {
		return false, nil
	}
	if !v.Type().Implements(textMarshaler) {
		v = addressed(v)
	}
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return true, tooComplex("text of a %s: %w", v.Type(), err)
	}
	return true, w.text(string(text))
}

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// writesText tells whether values of a type, or pointers to them, write text
// themselves. Pointers to big.Int do, but are integers here.
func writesText(t reflect.Type) bool {
	if t == reflect.TypeFor[*big.Int]() {
		return false
	}
	return t.Implements(textMarshaler) || t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(textMarshaler)
}

// addressed gives a pointer to v, or to a copy.
func addressed(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v.Addr()
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p
}

// kind writes what is neither special nor a pointer or interface.
func (w *writer) kind(v reflect.Value, depth int) error {
	switch v.Kind() {
	case reflect.Bool:
		w.bool(v.Bool())
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return w.int64(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return w.uint64(v.Uint())
	case reflect.Float32, reflect.Float64:
		w.float(v.Float())
		return nil
	case reflect.Complex64, reflect.Complex128:
		w.complex(v.Complex())
		return nil
	case reflect.String:
		return w.text(v.String())
	case reflect.Slice, reflect.Array:
		return w.sequence(v, depth)
	case reflect.Map:
		return w.mapping(v, depth)
	case reflect.Struct:
		return w.structure(v, depth)
	}
	return tooComplex("there is no form for a %s", v.Type())
}
