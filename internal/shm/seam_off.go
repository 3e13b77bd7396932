//go:build !ipcseam

package shm

import (
	"context"
	"sync"
	"time"
)

// mayPin: see seam_on.go.
const mayPin = true

// seam does nothing in ordinary builds, and costs nothing. The others are what
// they look like.
func seam(access) {}

type localMutex = sync.Mutex

func receive(c <-chan struct{}) { <-c }

func spawn(f func()) { go f() }

func stillRuns() {}

func afterFunc(ctx context.Context, f func()) (stop func() bool) { return context.AfterFunc(ctx, f) }

func withTimeout(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

func afterTime(d time.Duration, f func()) { time.AfterFunc(d, f) }
