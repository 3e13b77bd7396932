package ipc

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Namespace is where names live: processes that open the same namespace and
// the same name share the object. The package's functions use the namespace
// of the current user, and for names that start with Global\ that of the
// machine; OpenNamespace opens any other.
//
// The namespace is the security boundary. Whoever may open it may use,
// block and damage every object in it, so it is open to one user or to one
// group, never to all.
//
// # Linux notes
//
// A namespace is a directory with one file of shared memory. The user's own
// is /dev/shm/ipc-UID; it does not depend on the environment, so that a
// service and a shell of one user always meet.
type Namespace struct {
	engine *engineNamespace
	pipes  *pipePlace
}

// NamespaceOptions say how OpenNamespace makes or checks the directory. Nil
// and the zero value mean: for the current user alone.
type NamespaceOptions struct {
	// Group opens the namespace to the members of this group, by name or
	// number, and to nobody else. Empty means the current user alone.
	Group string
	// MustExist refuses to create a directory that is missing.
	MustExist bool
}

// OpenNamespace opens the namespace in the directory dir, which is created
// with mode 0700 (2770 for a group) when it is missing. The directory should
// be on tmpfs (below /dev/shm or /run/user). Close releases it.
//
//   - [ErrPermission]: the directory is a symbolic link, belongs to somebody
//     else, or is open to others.
//   - [ErrVersion], [ErrCorrupt]: the file in it is not one that this version
//     can use.
//   - [ErrNotExist]: the directory that dir would be in is missing, or dir itself
//     with MustExist.
//   - [ErrInvalidName]: dir is empty or contains a NUL character.
//   - [ErrInvalid]: there is no such group.
//   - [ErrNoSpace]: the file system is full.
func OpenNamespace(dir string, o *NamespaceOptions) (*Namespace, error) {
	if o == nil {
		o = &NamespaceOptions{}
	}
	if err := checkDir(dir); err != nil {
		return nil, fail("open namespace", dir, err)
	}
	e, err := openDirectory(dir, o.Group, !o.MustExist)
	if err != nil {
		return nil, fail("open namespace", dir, err)
	}
	pipes := &pipePlace{connect: func() (backend.Pipes, error) { return directoryPipes(e, o.Group) }}
	return &Namespace{engine: e, pipes: pipes}, nil
}

func checkDir(dir string) error {
	switch {
	case dir == "":
		return fmt.Errorf("%w: a directory is needed", ErrInvalidName)
	case strings.ContainsRune(dir, 0):
		return fmt.Errorf("%w: it contains a NUL character", ErrInvalidName)
	}
	return nil
}

// Close closes every handle and pipe that was opened through n, ends their
// waits with ErrClosed and leaves the namespace. Closing it again does nothing.
func (n *Namespace) Close() error {
	if n == nil || n.engine == nil {
		return failNil("close namespace")
	}
	if err := errors.Join(n.pipes.close(), n.engine.Close()); err != nil {
		return fail("close namespace", n.engine.Dir(), err)
	}
	return nil
}

// Dir gives the directory that the namespace lives in, or its prefix on
// Windows.
func (n *Namespace) Dir() string {
	if n == nil || n.engine == nil {
		return ""
	}
	return n.engine.Dir()
}

// Objects lists the objects of the namespace, ordered by name, each as it was
// at one instant. It disturbs nothing. Windows shows only those with a name that
// this user may open, and no mailslots.
func (n *Namespace) Objects() ([]Info, error) {
	if n == nil || n.engine == nil {
		return nil, failNil("list objects")
	}
	list, err := n.engine.Objects()
	if err != nil {
		return nil, fail("list objects", n.engine.Dir(), err)
	}
	infos := make([]Info, len(list))
	for i := range list {
		infos[i] = makeInfo(&list[i])
	}
	return infos, nil
}

// Remove makes a permanent object an ordinary one, which is gone when its last
// handle is closed: at once when nobody has it open. On an object that is not
// permanent it has no effect.
//
//   - [ErrNotExist]: there is no such object.
func (n *Namespace) Remove(name string) error {
	return n.named("remove", name, func(base string) error { return n.engine.Remove(base) })
}

// named splits name, checks that it belongs to n and calls do with what is
// left of it.
func (n *Namespace) named(op, name string, do func(base string) error) error {
	if n == nil || n.engine == nil {
		return failNil(op)
	}
	where, base, err := splitName(name)
	switch {
	case err != nil:
		return fail(op, name, err)
	case base == "":
		return fail(op, name, errNameNeeded)
	case where == global && !defaults[global].is(n):
		return fail(op, name, errGlobalElsewhere)
	}
	if err := do(base); err != nil {
		return fail(op, name, err)
	}
	return nil
}

var (
	errNameNeeded      = fmt.Errorf("%w: a name is needed here", ErrInvalidName)
	errGlobalElsewhere = fmt.Errorf(`%w: names with Global\ belong to the machine's namespace: use the package's functions`, ErrInvalidName)
)

// DefaultNamespace returns the namespace of the current user, which the
// package's functions use. It is opened at its first use and shared by the whole
// process: who closes it closes it for the package's functions, too, for good.
func DefaultNamespace() (*Namespace, error) { return defaults[local].open() }

// GlobalNamespace returns the namespace of the machine, where names that start
// with Global\ live. An administrator provisions it (`ipc setup global`). It is
// shared as [DefaultNamespace] is.
//
//   - [ErrNotExist]: it was not provisioned.
//   - [ErrPermission]: the current user is not in its group.
func GlobalNamespace() (*Namespace, error) { return defaults[global].open() }

// defaults are the namespaces of the two scopes, opened at their first use. A
// failure is not remembered: the cause may be mended while the process runs.
var defaults = [...]*defaultNamespace{
	local:  {connect: openUser, pipes: &pipePlace{connect: userPipes}},
	global: {connect: openGlobal, pipes: &pipePlace{connect: globalPipes}},
}

type defaultNamespace struct {
	mu        sync.Mutex
	namespace *Namespace
	connect   func() (*engineNamespace, error)
	pipes     *pipePlace // which need not the rest
}

func (d *defaultNamespace) open() (*Namespace, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.namespace != nil {
		return d.namespace, nil
	}
	e, err := d.connect()
	if err != nil {
		return nil, fail("open namespace", "", err)
	}
	d.namespace = &Namespace{engine: e, pipes: d.pipes}
	return d.namespace, nil
}

// is reports whether n is the namespace of this scope.
func (d *defaultNamespace) is(n *Namespace) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.namespace == n
}

// place finds the namespace that name belongs to, n's own or, when n is nil,
// the one of its scope, and the name within it.
func place(n *Namespace, name string) (*engineNamespace, string, error) {
	where, base, err := splitName(name)
	if err != nil {
		return nil, "", err
	}
	return placeIn(n, where, base)
}

// placeIn finds the namespace for a name that was split.
func placeIn(n *Namespace, where scope, base string) (*engineNamespace, string, error) {
	if n == nil {
		var err error
		n, err = defaults[where].open()
		if err != nil {
			return nil, "", unwrapOnce(err)
		}
		return n.engine, base, nil
	}
	switch {
	case n.engine == nil:
		return nil, "", ErrClosed
	case where == global && !defaults[global].is(n):
		return nil, "", errGlobalElsewhere
	}
	return n.engine, base, nil
}

// unwrapOnce takes the *Error of an inner operation off, so that the outer
// one names itself instead.
func unwrapOnce(err error) error {
	if e, ok := err.(*Error); ok {
		return e.Err
	}
	return err
}

// create fills in the engine's handle for a new or an existing object.
func create(n *Namespace, object *engineObject, spec backend.Spec) error {
	e, base, err := place(n, spec.Name)
	if err == nil {
		spec.Name = base
		err = e.Create(object, spec)
	}
	return err
}

// open fills in the engine's handle for an existing object.
func open(n *Namespace, object *engineObject, kind backend.Kind, name string) error {
	if name == "" {
		return errNameNeeded
	}
	e, base, err := place(n, name)
	if err == nil {
		err = e.Open(object, kind, base)
	}
	return err
}
