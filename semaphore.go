package ipc

import (
	"context"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Semaphore is a count of permits between 0 and a maximum. A wait takes one
// and blocks while there is none; anybody may release permits.
type Semaphore struct {
	native engineSemaphore
	name   string
}

// SemaphoreOptions are the attributes of a new semaphore. Nil means one permit,
// available. They are ignored when the semaphore exists already.
type SemaphoreOptions struct {
	// Initial is the count at the start, from 0 to Max.
	Initial int
	// Max is the largest count, from 1 to 0x7FFFFFFF.
	Max int
	// ReclaimOnExit gives the permits that a process has acquired and not
	// released back when it dies or closes its last handle. Windows does not
	// do this; [ErrUnsupported] there.
	ReclaimOnExit bool
	// Permanent keeps the semaphore when its last handle is closed, until it
	// is removed or the machine restarts. [ErrUnsupported] on Windows.
	Permanent bool
	// Security is a security descriptor in SDDL, on Windows.
	// [ErrUnsupported] elsewhere.
	Security string
}

// MaxSemaphoreCount is the largest Max of a semaphore, that of Win32's LONG.
const MaxSemaphoreCount = backend.MaxCount

// check reports what is wrong with the counts.
func (o *SemaphoreOptions) check() error {
	switch {
	case o.Max < 1 || o.Max > backend.MaxCount:
		return fmt.Errorf("the maximum %d is not between 1 and %d: %w", o.Max, backend.MaxCount, ErrInvalid)
	case o.Initial < 0 || o.Initial > o.Max:
		return fmt.Errorf("the initial count %d is not between 0 and the maximum %d: %w", o.Initial, o.Max, ErrInvalid)
	}
	return nil
}

// CreateSemaphore creates the semaphore name, or opens it when it exists,
// whatever its count and maximum; Existed tells which. An empty name makes an
// anonymous semaphore.
//
//   - [ErrInvalid]: counts out of their range.
//   - the errors of [CreateEvent].
func CreateSemaphore(name string, o *SemaphoreOptions) (*Semaphore, error) {
	return createSemaphore(nil, name, o)
}

// CreateSemaphore is like the function [CreateSemaphore], in n.
func (n *Namespace) CreateSemaphore(name string, o *SemaphoreOptions) (*Semaphore, error) {
	if n == nil {
		return nil, failNil("create semaphore")
	}
	return createSemaphore(n, name, o)
}

func createSemaphore(n *Namespace, name string, o *SemaphoreOptions) (*Semaphore, error) {
	if o == nil {
		o = &SemaphoreOptions{Initial: 1, Max: 1}
	}
	s := &Semaphore{name: name}
	err := o.check()
	if err == nil {
		err = checkSecurity(o.Security)
	}
	if err == nil {
		err = create(n, &s.native.Object, backend.Spec{
			Kind: backend.Semaphore, Name: name, Permanent: o.Permanent,
			Initial: o.Initial, Max: o.Max, Reclaim: o.ReclaimOnExit, Security: o.Security,
		})
	}
	if err != nil {
		return nil, fail("create semaphore", name, err)
	}
	return s, nil
}

// OpenSemaphore opens the existing semaphore name. The errors are those of
// [OpenEvent].
func OpenSemaphore(name string) (*Semaphore, error) { return openSemaphore(nil, name) }

// OpenSemaphore is like the function [OpenSemaphore], in n.
func (n *Namespace) OpenSemaphore(name string) (*Semaphore, error) {
	if n == nil {
		return nil, failNil("open semaphore")
	}
	return openSemaphore(n, name)
}

func openSemaphore(n *Namespace, name string) (*Semaphore, error) {
	s := &Semaphore{name: name}
	if err := open(n, &s.native.Object, backend.Semaphore, name); err != nil {
		return nil, fail("open semaphore", name, err)
	}
	return s, nil
}

// Acquire takes one permit, blocking until there is one or ctx is done. A
// permit wins over a ctx that is done already. On failure no permit was taken
// and the handle stays usable.
//
//   - [ErrClosed]: the handle was closed before or during the wait.
//   - the context's error.
func (s *Semaphore) Acquire(ctx context.Context) error {
	if s == nil {
		return failNil("acquire semaphore")
	}
	if err := s.native.Acquire(ctx); err != nil {
		return fail("acquire semaphore", s.name, err)
	}
	return nil
}

// TryAcquire takes a permit if there is one, and never blocks.
func (s *Semaphore) TryAcquire() (bool, error) {
	if s != nil && s.native.AcquireFast() {
		return true, nil
	}
	if s == nil {
		return false, failNil("acquire semaphore")
	}
	ok, err := s.native.TryAcquire()
	if err != nil {
		return false, fail("acquire semaphore", s.name, err)
	}
	return ok, nil
}

// Release adds n permits and returns the count that was there before. Waits
// that the permits satisfy have succeeded before it returns. On failure the
// count is unchanged.
//
//   - [ErrInvalid]: n is less than 1.
//   - [ErrTooManyPosts]: the count would exceed the maximum.
func (s *Semaphore) Release(n int) (previous int, err error) {
	if s != nil {
		if previous, ok := s.native.ReleaseFast(n); ok {
			return previous, nil
		}
	}
	if s == nil {
		return 0, failNil("release semaphore")
	}
	previous, err = s.native.Release(n)
	if err != nil {
		return 0, fail("release semaphore", s.name, err)
	}
	return previous, nil
}

// Name gives the name that the semaphore was created or opened with.
func (s *Semaphore) Name() string {
	if s == nil {
		return ""
	}
	return s.name
}

// Existed reports whether CreateSemaphore found the semaphore in existence.
func (s *Semaphore) Existed() bool { return s != nil && s.native.Existed() }

// Info describes the semaphore, its handles and its waits at one instant.
func (s *Semaphore) Info() (Info, error) {
	if s == nil {
		return Info{}, failNil("query semaphore")
	}
	return info("query semaphore", s.name, &s.native.Object)
}

// String names the semaphore for people.
func (s *Semaphore) String() string { return describe(backend.Semaphore, s.Name()) }

// Close closes the handle; its blocked waits return ErrClosed. The semaphore is
// gone when its last handle is. Closing it again does nothing.
func (s *Semaphore) Close() error {
	if s == nil {
		return failNil("close semaphore")
	}
	return closeObject("close semaphore", s.name, &s.native.Object)
}

func (s *Semaphore) ref() (reference, error) {
	if s == nil {
		return reference{}, errNilObject
	}
	return reference{object: &s.native.Object}, nil
}
