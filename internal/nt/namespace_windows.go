package nt

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Namespace is a prefix of names, and the handles that were opened through
// it.
type Namespace struct {
	dir    string // what it is called
	prefix string // what the kernel's names begin with

	mu      sync.Mutex
	closed  bool
	handles map[*Object]struct{}
}

// Local and Global are the two prefixes that the kernel itself knows.
const (
	Local  = `Local\`
	Global = `Global\`
)

// Open returns a namespace with the kernel's own prefix, Local or Global, where
// every other program finds the same names.
func Open(prefix string) *Namespace { return newNamespace(prefix, prefix) }

// OpenDirectory returns the namespace that a directory stands for. Nothing is
// made in the file system.
func OpenDirectory(dir string) (*Namespace, error) {
	prefix, err := DirectoryPrefix(dir)
	if err != nil {
		return nil, err
	}
	return newNamespace(dir, Local+prefix), nil
}

// DirectoryPrefix gives what the names in such a namespace begin with, after
// Local\: ipc-HASH-, where the hash is that of the absolute path in lower case.
func DirectoryPrefix(dir string) (string, error) {
	path, err := filepath.Abs(dir)
	sum := sha256.Sum256([]byte(strings.ToLower(path)))
	return fmt.Sprintf("ipc-%s-", hex.EncodeToString(sum[:8])), err
}

func newNamespace(dir, prefix string) *Namespace {
	return &Namespace{dir: dir, prefix: prefix, handles: map[*Object]struct{}{}}
}

// Dir gives the directory, or the kernel's own prefix.
func (n *Namespace) Dir() string { return n.dir }

// full gives the kernel's name of an object; nil for an anonymous one.
func (n *Namespace) full(name string) (string, *uint16, error) {
	if name == "" {
		return "", nil, nil
	}
	full := n.prefix + name
	p, err := windows.UTF16PtrFromString(full)
	return full, p, wrap(err)
}

// Close closes all handles. All waits end first: what the closing of one handle
// frees must not go to the wait of another.
func (n *Namespace) Close() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	handles := n.handles
	n.handles = nil
	n.mu.Unlock()
	for o := range handles {
		o.shut()
	}
	for o := range handles {
		o.awaitQuiet()
	}
	var failed error
	for o := range handles {
		if err := o.Close(); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// add keeps a new handle, to close it with the namespace.
func (n *Namespace) add(o *Object) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return backend.ErrClosed
	}
	n.handles[o] = struct{}{}
	return nil
}

func (n *Namespace) remove(o *Object) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.handles, o)
}
