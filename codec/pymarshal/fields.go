package pymarshal

import (
	"reflect"
	"strings"
	"sync"
)

// A field of a struct that is a key of a dict.
type field struct {
	name     string
	index    []int
	omitZero bool
}

// fields are those of a struct type.
type fields struct {
	inOrder []field
	named   map[string]field
}

var known sync.Map // of reflect.Type: fields, or error

// fieldsOf finds the fields of a struct type.
func fieldsOf(t reflect.Type) (fields, error) {
	found, ok := known.Load(t)
	if !ok {
		found = findFields(t)
		known.Store(t, found)
	}
	if err, ok := found.(error); ok {
		return fields{}, err
	}
	return found.(fields), nil
}

// findFields returns fields or an error. It goes through the embedded structs
// level by level, so that the outermost of a name is found first.
func findFields(t reflect.Type) any {
	found := fields{named: map[string]field{}}
	level := [][]int{nil}
	for len(level) > 0 {
		var next [][]int
		here := map[string]bool{}
		for _, embedded := range level {
			own, inner := directFields(t, embedded)
			next = append(next, inner...)
			for _, f := range own {
				if here[f.name] {
					return tooComplex("two fields of %s are the key %q", t, f.name)
				}
				if _, hidden := found.named[f.name]; hidden {
					continue
				}
				here[f.name] = true
				found.inOrder = append(found.inOrder, f)
			}
		}
		for _, f := range found.inOrder {
			found.named[f.name] = f
		}
		level = next
	}
	return found
}

// directFields gives the fields of t itself or of a struct embedded in it, and
// apart from them the structs embedded there.
func directFields(t reflect.Type, embedded []int) (own []field, inner [][]int) {
	for _, i := range embedded {
		t = t.Field(i).Type
	}
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(embedded[:len(embedded):len(embedded)], i)
		name, options, _ := strings.Cut(f.Tag.Get("marshal"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct && !writesText(f.Type):
			inner = append(inner, index)
		case f.IsExported():
			if name == "" {
				name = f.Name
			}
			own = append(own, field{name, index, options == "omitzero"})
		}
	}
	return own, inner
}
