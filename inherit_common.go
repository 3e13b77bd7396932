//go:build linux || windows

package ipc

import (
	"io"
	"slices"
	"sync"
)

// shortened leaves out directories that are those of the gift before, and lengthen
// puts them back.
func shortened(gifts []gift) []gift {
	short := slices.Clone(gifts)
	last := ""
	for i := range short {
		if d := &short[i].Dir; *d == last {
			*d = ""
		} else if *d != "" {
			last = *d
		}
	}
	return short
}

func lengthen(gifts []gift) {
	last := ""
	for i := range gifts {
		switch g := &gifts[i]; {
		case g.Dir != "":
			last = g.Dir
		case g.isObject():
			g.Dir = last
		}
	}
}

// heirs are the namespaces of inherited objects, which stay open.
var heirs heirNamespaces

type heirNamespaces struct {
	mu     sync.Mutex
	opened map[string]*engineNamespace
}

// open opens the namespace of a directory that the parent uses.
func (h *heirNamespaces) open(dir string) (*engineNamespace, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := h.opened[dir]; n != nil {
		return n, nil
	}
	n, err := openFor(dir)
	if err != nil {
		return nil, unwrapOnce(err)
	}
	if h.opened == nil {
		h.opened = map[string]*engineNamespace{}
	}
	h.opened[dir] = n
	return n, nil
}

func (l *lentFiles) add(f io.Closer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.files == nil {
		l.files = map[io.Closer]bool{}
	}
	l.files[f] = true
}

// drop closes one of them.
func (l *lentFiles) drop(f io.Closer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.files, f)
	f.Close()
}
