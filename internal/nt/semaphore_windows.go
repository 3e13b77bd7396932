package nt

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// AcquireFast is not possible.
func (s *Semaphore) AcquireFast() bool { return false }

// ReleaseFast is not possible.
func (s *Semaphore) ReleaseFast(int) (int, bool) { return 0, false }

// Acquire takes a permit, blocking until there is one.
func (s *Semaphore) Acquire(ctx context.Context) error { return s.wait(ctx) }

// TryAcquire takes a permit if there is one.
func (s *Semaphore) TryAcquire() (bool, error) { return s.tryWait() }

// Release gives n permits back, all or none, and returns how many there were.
func (s *Semaphore) Release(n int) (previous int, err error) {
	err = s.using(func(h windows.Handle) error {
		switch { // what the kernel is not asked, since it counts in 32 bits
		case n < 1:
			return fmt.Errorf("a release of %d permits: %w", n, backend.ErrInvalid)
		case n > backend.MaxCount:
			return backend.ErrTooManyPosts
		}
		before, err := win32.ReleaseSemaphore(h, int32(n))
		if err == nil {
			previous = int(before)
		}
		return err
	})
	return previous, err
}
