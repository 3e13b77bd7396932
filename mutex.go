package ipc

import (
	"context"
	"errors"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Mutex is owned by one owner at a time. The owner is the *Mutex handle
// itself, which any goroutine may then unlock and which is not recursive, or
// an [Owner], which is. When an owner ends without unlocking, because its
// process died or its handle or Owner was closed, the mutex is abandoned: the
// next owner gets it and is told so, since what it protects may be in any
// state.
//
// A free mutex may be taken by a running owner ahead of one that sleeps, which is
// woken to fetch it. One that has waited for a millisecond and has come in vain
// is handed it.
type Mutex struct {
	native engineMutex
	name   string
}

// MutexOptions are the attributes of a new mutex. Nil and the zero value mean
// a free mutex. They are ignored when the mutex exists already: the caller is
// not its owner then.
type MutexOptions struct {
	// InitiallyOwned: a new mutex is owned by the new handle, or by Owner.
	InitiallyOwned bool
	// Owner is the first owner of an InitiallyOwned mutex; nil means the
	// handle.
	Owner *Owner
	// Permanent keeps the mutex when its last handle is closed, until it is
	// removed or the machine restarts. [ErrUnsupported] on Windows.
	Permanent bool
	// Security is a security descriptor in SDDL, on Windows.
	// [ErrUnsupported] elsewhere.
	Security string
}

// CreateMutex creates the mutex name, or opens it when it exists; Existed tells
// which. An empty name makes an anonymous mutex. The errors are those of
// [CreateEvent].
func CreateMutex(name string, o *MutexOptions) (*Mutex, error) { return createMutex(nil, name, o) }

// CreateMutex is like the function [CreateMutex], in n.
func (n *Namespace) CreateMutex(name string, o *MutexOptions) (*Mutex, error) {
	if n == nil {
		return nil, failNil("create mutex")
	}
	return createMutex(n, name, o)
}

func createMutex(n *Namespace, name string, o *MutexOptions) (*Mutex, error) {
	if o == nil {
		o = &MutexOptions{}
	}
	m := &Mutex{name: name}
	err := checkSecurity(o.Security)
	if err == nil {
		err = m.create(n, o)
	}
	if err != nil {
		return nil, fail("create mutex", name, err)
	}
	return m, nil
}

// create fills in the handle. A new mutex is owned by the handle first, and
// then at once by its Owner, so that nobody comes between.
func (m *Mutex) create(n *Namespace, o *MutexOptions) error {
	byOwner := o.InitiallyOwned && o.Owner != nil
	if byOwner {
		if err := o.Owner.native.Begin(); err != nil {
			return m.openInstead(n, err)
		}
		defer o.Owner.native.End()
	}
	spec := backend.Spec{
		Kind: backend.Mutex, Name: m.name, Permanent: o.Permanent, Owned: o.InitiallyOwned, Security: o.Security,
	}
	if byOwner {
		spec.First = &o.Owner.native
	}
	err := create(n, &m.native.Object, spec)
	if err != nil || !byOwner || m.native.Existed() {
		return err
	}
	if err := o.Owner.native.Adopt(&m.native); err != nil {
		m.Close()
		return err
	}
	return nil
}

// openInstead opens the mutex if it exists, in which case its first owner does
// not matter; otherwise cause is why it cannot be created.
func (m *Mutex) openInstead(n *Namespace, cause error) error {
	if m.name == "" {
		return cause
	}
	err := open(n, &m.native.Object, backend.Mutex, m.name)
	if errors.Is(err, ErrNotExist) {
		return cause
	}
	return err
}

// OpenMutex opens the existing mutex name. The errors are those of
// [OpenEvent].
func OpenMutex(name string) (*Mutex, error) { return openMutex(nil, name) }

// OpenMutex is like the function [OpenMutex], in n.
func (n *Namespace) OpenMutex(name string) (*Mutex, error) {
	if n == nil {
		return nil, failNil("open mutex")
	}
	return openMutex(n, name)
}

func openMutex(n *Namespace, name string) (*Mutex, error) {
	m := &Mutex{name: name}
	if err := open(n, &m.native.Object, backend.Mutex, name); err != nil {
		return nil, fail("open mutex", name, err)
	}
	return m, nil
}

// Lock makes the handle the owner of the mutex, blocking until it is free or
// ctx is done. A handle that owns it already blocks like any other. abandoned
// reports that the last owner ended without unlocking; the caller owns the
// mutex all the same. A free mutex wins over a ctx that is done already. On
// failure nothing was acquired and the handle stays usable.
//
//   - [ErrClosed]: the handle was closed before or during the wait.
//   - the context's error.
func (m *Mutex) Lock(ctx context.Context) (abandoned bool, err error) {
	if m != nil && m.native.LockFast() {
		return false, nil
	}
	if m == nil {
		return false, failNil("lock mutex")
	}
	abandoned, err = m.native.Lock(ctx)
	if err != nil {
		return false, fail("lock mutex", m.name, err)
	}
	return abandoned, nil
}

// TryLock makes the handle the owner of the mutex if it is free, and never
// blocks.
func (m *Mutex) TryLock() (locked, abandoned bool, err error) {
	if m != nil && m.native.LockFast() {
		return true, false, nil
	}
	if m == nil {
		return false, false, failNil("lock mutex")
	}
	locked, abandoned, err = m.native.TryLock()
	if err != nil {
		return false, false, fail("lock mutex", m.name, err)
	}
	return locked, abandoned, nil
}

// Unlock gives the mutex up.
//
//   - [ErrNotOwner]: this handle does not own it.
func (m *Mutex) Unlock() error {
	if m != nil && m.native.UnlockFast() {
		return nil
	}
	if m == nil {
		return failNil("unlock mutex")
	}
	if err := m.native.Unlock(); err != nil {
		return fail("unlock mutex", m.name, err)
	}
	return nil
}

// Name gives the name that the mutex was created or opened with.
func (m *Mutex) Name() string {
	if m == nil {
		return ""
	}
	return m.name
}

// Existed reports whether CreateMutex found the mutex in existence.
func (m *Mutex) Existed() bool { return m != nil && m.native.Existed() }

// Info describes the mutex, its owner, handles and waits at one instant.
func (m *Mutex) Info() (Info, error) {
	if m == nil {
		return Info{}, failNil("query mutex")
	}
	return info("query mutex", m.name, &m.native.Object)
}

// String names the mutex for people.
func (m *Mutex) String() string { return describe(backend.Mutex, m.Name()) }

// Close closes the handle; its blocked waits return ErrClosed. A mutex that
// the handle itself owns is abandoned by it; one that an [Owner] owns stays
// owned. The mutex is gone when its last handle is. Closing it again does
// nothing.
func (m *Mutex) Close() error {
	if m == nil {
		return failNil("close mutex")
	}
	return closeObject("close mutex", m.name, &m.native.Object)
}

func (m *Mutex) ref() (reference, error) {
	if m == nil {
		return reference{}, errNilObject
	}
	return reference{object: &m.native.Object}, nil
}
