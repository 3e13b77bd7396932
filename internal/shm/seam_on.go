//go:build ipcseam

package shm

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// mayPin is false, since a pinned goroutine may not stop anywhere.
const mayPin = false

// Step, when it is set, is called before every access to shared memory. A test
// may stop there for good (a death), or let another actor go on.
var Step func(access)

// Simulation, when it is set, stands in for everything that blocks or starts a
// goroutine.
var Simulation interface {
	// Await returns when ready has returned true, once.
	Await(ready func() bool)
	// Go starts a goroutine.
	Go(f func())
	// StillRuns does not return to a thread that is dead.
	StillRuns()
	// AfterFunc is context.AfterFunc.
	AfterFunc(ctx context.Context, f func()) (stop func() bool)
	// WithTimeout is context.WithTimeout of a background context.
	WithTimeout(d time.Duration) (context.Context, context.CancelFunc)
}

func seam(a access) {
	if Step != nil {
		Step(a)
	}
}

// A localMutex knows the thread that has it, so that a test can tell whether
// an operation died with it.
type localMutex struct {
	mu     sync.Mutex
	thread atomic.Int64
}

func (m *localMutex) Lock() {
	if Simulation != nil {
		seam(look)
		Simulation.Await(m.mu.TryLock)
		return
	}
	m.mu.Lock()
	m.thread.Store(int64(syscall.Gettid()))
}

func (m *localMutex) TryLock() bool {
	if !m.mu.TryLock() {
		return false
	}
	if Simulation == nil {
		m.thread.Store(int64(syscall.Gettid()))
	}
	return true
}

func (m *localMutex) Unlock() {
	m.thread.Store(0)
	m.mu.Unlock()
}

func receive(c <-chan struct{}) {
	if Simulation == nil {
		<-c
		return
	}
	Simulation.Await(func() bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	})
}

func spawn(f func()) {
	if Simulation == nil {
		go f()
		return
	}
	Simulation.Go(f)
}

// stillRuns keeps a thread of a dead process from what it has deferred, as far as that
// concerns its process only; the segment does so itself.
func stillRuns() {
	if Simulation != nil {
		Simulation.StillRuns()
	}
}

func afterFunc(ctx context.Context, f func()) (stop func() bool) {
	if Simulation == nil {
		return context.AfterFunc(ctx, f)
	}
	return Simulation.AfterFunc(ctx, f)
}

func withTimeout(d time.Duration) (context.Context, context.CancelFunc) {
	if Simulation == nil {
		return context.WithTimeout(context.Background(), d)
	}
	return Simulation.WithTimeout(d)
}

// afterTime is for what damage makes necessary, which no test with the seam does;
// and it would come in the middle of the next simulation.
func afterTime(time.Duration, func()) {}
