package model

import (
	"strings"
	"unicode/utf8"

	"github.com/winsys-go/ipc/internal/backend"
)

const (
	localPrefix  = `Local\`
	globalPrefix = `Global\`
)

// canonical gives the form of a name under which its object is kept. Names are
// case-sensitive, the prefixes too. `Local\x` is the same as x, `Global\x`
// is another name; a backslash anywhere else is not allowed, and everything
// else is.
func canonical(name string) (string, error) {
	base, prefix := strings.TrimPrefix(name, localPrefix), ""
	if rest, ok := strings.CutPrefix(name, globalPrefix); ok {
		base, prefix = rest, globalPrefix
	}
	switch {
	case base == "",
		strings.ContainsAny(base, "\\\x00"),
		len(base) > backend.MaxName,
		!utf8.ValidString(base):
		return "", backend.ErrInvalidName
	}
	return prefix + base, nil
}

// named finds an object by its canonical name, which is never empty; nil when
// there is none. The four kinds share one space of names.
func (w *World) named(name string) *Object {
	for _, o := range w.Objects {
		if o.Name == name {
			return o
		}
	}
	return nil
}
