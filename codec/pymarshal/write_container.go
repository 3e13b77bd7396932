package pymarshal

import (
	"bytes"
	"math"
	"reflect"
	"slices"
)

// sequence writes a slice or an array of Go.
func (w *writer) sequence(v reflect.Value, depth int) error {
	switch {
	case isByte(v.Type().Elem()) && v.Kind() == reflect.Slice:
		return w.bytes(v.Bytes())
	case isByte(v.Type().Elem()):
		return w.bytes(addressed(v).Elem().Bytes())
	case v.Kind() == reflect.Array:
		return w.tuple(v, depth)
	}
	if err := w.mutable(v); err != nil {
		return err
	}
	w.code(codeList)
	w.uint32(uint32(v.Len()))
	return w.elements(v, depth)
}

func (w *writer) tuple(v reflect.Value, depth int) error {
	if n := v.Len(); w.version >= 4 && n <= math.MaxUint8 {
		w.out = append(w.out, codeSmallTuple, byte(n))
	} else {
		w.code(codeTuple)
		w.uint32(uint32(n))
	}
	return w.elements(v, depth)
}

func (w *writer) elements(v reflect.Value, depth int) error {
	for i := range v.Len() {
		if err := w.value(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) set(code byte, v reflect.Value, depth int) error {
	if code == codeSet {
		if err := w.mutable(v); err != nil {
			return err
		}
	}
	w.code(code)
	w.uint32(uint32(v.Len()))
	for i := range v.Len() {
		if err := w.key(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) dict(d Dict, depth int) error {
	if err := w.mutable(reflect.ValueOf(d)); err != nil {
		return err
	}
	w.code(codeDict)
	for _, item := range d {
		if err := w.key(reflect.ValueOf(item.Key), depth+1); err != nil {
			return err
		}
		if err := w.value(reflect.ValueOf(item.Value), depth+1); err != nil {
			return err
		}
	}
	w.code(codeNull)
	return nil
}

// key writes what Python must be able to hash.
func (w *writer) key(v reflect.Value, depth int) error {
	defer func(before bool) { w.inKey = before }(w.inKey)
	w.inKey = true
	return w.value(v, depth)
}

// mutable refuses what Python has no hash for where it needs one.
func (w *writer) mutable(v reflect.Value) error {
	if w.inKey {
		return tooComplex("a %s cannot be a key or in a set", v.Type())
	}
	return nil
}

// structure writes the fields of a struct as a dict, in their order.
func (w *writer) structure(v reflect.Value, depth int) error {
	if err := w.mutable(v); err != nil {
		return err
	}
	fields, err := fieldsOf(v.Type())
	if err != nil {
		return err
	}
	w.code(codeDict)
	for _, f := range fields.inOrder {
		value := v.FieldByIndex(f.index)
		if f.omitZero && value.IsZero() {
			continue
		}
		if err := w.value(reflect.ValueOf(f.name), depth+1); err != nil {
			return err
		}
		if err := w.value(value, depth+1); err != nil {
			return err
		}
	}
	w.code(codeNull)
	return nil
}

// mapping writes a map of Go as a dict or set, in the order of the keys' bytes.
func (w *writer) mapping(m reflect.Value, depth int) error {
	if err := w.mutable(m); err != nil {
		return err
	}
	isSet := isSetType(m.Type())
	if isSet {
		w.code(codeSet)
		w.uint32(uint32(m.Len()))
	} else {
		w.code(codeDict)
	}
	start := len(w.out)
	var pairs []pair
	for all := m.MapRange(); all.Next(); {
		p := pair{begin: len(w.out) - start}
		if err := w.key(all.Key(), depth+1); err != nil {
			return err
		}
		p.middle = len(w.out) - start
		if !isSet {
			if err := w.value(all.Value(), depth+1); err != nil {
				return err
			}
		}
		p.end = len(w.out) - start
		pairs = append(pairs, p)
	}
	if err := w.sort(start, pairs); err != nil {
		return err
	}
	if !isSet {
		w.code(codeNull)
	}
	return nil
}

// A pair is where among the pairs of a map a key and its value are.
type pair struct{ begin, middle, end int }

// sort brings the pairs, which are all there is from start on, into order.
func (w *writer) sort(start int, pairs []pair) error {
	unsorted := bytes.Clone(w.out[start:])
	key := func(p pair) []byte { return unsorted[p.begin:p.middle] }
	slices.SortFunc(pairs, func(a, b pair) int { return bytes.Compare(key(a), key(b)) })
	w.out = w.out[:start]
	for i, p := range pairs {
		if i > 0 && bytes.Equal(key(pairs[i-1]), key(p)) {
			return tooComplex("two keys of a map are the same to Python")
		}
		w.out = append(w.out, unsorted[p.begin:p.end]...)
	}
	return nil
}
