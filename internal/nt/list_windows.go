package nt

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// kinds are the kernel's names of the kinds.
var kinds = map[string]backend.Kind{
	"Event": backend.Event, "Mutant": backend.Mutex, "Semaphore": backend.Semaphore, "Timer": backend.Timer,
}

// Objects describes the named objects of the namespace, each at one instant.
// Those that this user may not open are left out, and anonymous ones are
// nobody's to find.
func (n *Namespace) Objects() ([]backend.Info, error) {
	dir, err := n.directory()
	if err != nil {
		return nil, wrap(err)
	}
	entries, err := win32.ListDirectoryObject(dir)
	if err != nil {
		return nil, wrap(err)
	}
	_, prefix, _ := strings.Cut(n.prefix, `\`)
	var list []backend.Info
	for _, e := range entries {
		kind := kinds[e.Type]
		base, ours := strings.CutPrefix(e.Name, prefix)
		if kind == 0 || !ours || isMark(base) {
			continue
		}
		if info, err := n.inspect(kind, base); err == nil {
			list = append(list, info)
		}
	}
	slices.SortStableFunc(list, func(a, b backend.Info) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// directory is the kernel's directory in which the names of n are.
func (n *Namespace) directory() (string, error) {
	if n.prefix == Global {
		return win32.CommonObjects, nil
	}
	var session uint32
	if err := windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &session); err != nil {
		return "", err
	}
	if session == 0 {
		return win32.CommonObjects, nil
	}
	return fmt.Sprintf(`\Sessions\%d%s`, session, win32.CommonObjects), nil
}

// inspect describes an object through a handle of its own, which it does not
// count.
func (n *Namespace) inspect(kind backend.Kind, name string) (backend.Info, error) {
	var o Object
	if err := n.Open(&o, kind, name); err != nil {
		return backend.Info{}, err
	}
	defer o.Close()
	info, err := o.Info()
	info.Handles--
	return info, err
}

// Remove has nothing to do: no object is permanent here. It tells whether there
// is one.
func (n *Namespace) Remove(name string) (err error) {
	for _, kind := range kinds {
		var o Object
		if err = n.Open(&o, kind, name); err == nil {
			return o.Close()
		}
		if !errors.Is(err, backend.ErrWrongType) {
			return err
		}
	}
	return err // it is of none of these types
}
