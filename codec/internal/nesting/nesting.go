// Package nesting keeps values that never end away from encoders that would
// follow them until the stack is used up, which no program survives.
package nesting

import (
	"errors"
	"reflect"
	"sync"
)

var (
	errDeep = errors.New("nested too deeply, or leads back to itself")
	errMany = errors.New("too many values")
)

// A Guard checks values before they are encoded. It is safe for concurrent use.
type Guard struct {
	MaxDepth  int // containers within each other
	MaxValues int
	// Opaque tells whether values of a type are encoded by their own methods,
	// so that what is inside is not the encoder's matter.
	Opaque func(reflect.Type) bool

	bounded sync.Map // of reflect.Type: bool
}

// Check tells what is wrong with v, if anything. Values whose type has a depth
// of its own cost nothing but a look-up.
func (g *Guard) Check(v any) error {
	value := reflect.ValueOf(v)
	if !value.IsValid() || g.Bounded(value.Type()) {
		return nil
	}
	w := walk{guard: g, left: g.MaxValues}
	return w.visit(value, 0)
}

// Bounded tells whether the type itself limits how deep its values nest: it
// contains neither itself nor an interface.
func (g *Guard) Bounded(t reflect.Type) bool {
	if known, ok := g.bounded.Load(t); ok {
		return known.(bool)
	}
	bounded := g.ends(t, map[reflect.Type]bool{})
	g.bounded.Store(t, bounded)
	return bounded
}

// ends is Bounded for a type within those that are open.
func (g *Guard) ends(t reflect.Type, open map[reflect.Type]bool) bool {
	if t.Kind() == reflect.Interface || open[t] {
		return false
	}
	if g.Opaque(t) {
		return true
	}
	open[t] = true
	defer delete(open, t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return g.ends(t.Elem(), open)
	case reflect.Map:
		return g.ends(t.Key(), open) && g.ends(t.Elem(), open)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); visible(f) && !g.ends(f.Type, open) {
				return false
			}
		}
	}
	return true
}

// visible tells whether encoders look at a field. They look into an embedded
// struct even when the name of its type is not exported.
func visible(f reflect.StructField) bool { return f.IsExported() || f.Anonymous }

type walk struct {
	guard *Guard
	left  int
}

func (w *walk) visit(v reflect.Value, depth int) error {
	if w.left--; w.left < 0 {
		return errMany
	}
	for hops := 0; v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface; hops++ {
		if v.IsNil() || w.guard.Opaque(v.Type()) {
			return nil
		}
		if hops > w.guard.MaxDepth {
			return errDeep
		}
		v = v.Elem()
	}
	if w.guard.Bounded(v.Type()) {
		return nil
	}
	if depth++; depth > w.guard.MaxDepth {
		return errDeep
	}
	return w.inside(v, depth)
}

func (w *walk) inside(v reflect.Value, depth int) error {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := w.visit(v.Index(i), depth); err != nil {
				return err
			}
		}
	case reflect.Map:
		for all := v.MapRange(); all.Next(); {
			if err := w.visit(all.Key(), depth); err != nil {
				return err
			}
			if err := w.visit(all.Value(), depth); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !visible(v.Type().Field(i)) {
				continue
			}
			if err := w.visit(v.Field(i), depth); err != nil {
				return err
			}
		}
	}
	return nil
}
