//go:build linux

package linux

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// polling makes FutexWaitMany poll for the time of a test.
func polling(t *testing.T) {
	before := pollWords.Swap(true)
	t.Cleanup(func() { pollWords.Store(before) })
}

func TestFutexWaitManyRefusesOddArguments(t *testing.T) {
	w := new(uint32)
	many := make([]*uint32, MaxWords+1)
	for i := range many {
		many[i] = w
	}
	if FutexWaitMany(nil, nil, 0) == nil {
		t.Error("no words: no error")
	}
	if FutexWaitMany([]*uint32{w}, nil, 0) == nil {
		t.Error("no values: no error")
	}
	if FutexWaitMany(many, make([]uint32, len(many)), 0) == nil {
		t.Error("too many words: no error")
	}
	err := unlessWoken(func() error { return FutexWaitMany(many[:MaxWords], make([]uint32, MaxWords), 0) })
	if !errors.Is(err, ErrTimeout) {
		t.Errorf("%d words: %v, want ErrTimeout", MaxWords, err)
	}
}

func TestFutexWaitManyNoticesAnyWord(t *testing.T) {
	for _, n := range []int{1, 2, 8, 9, 40} {
		for i := range n {
			words, values := make([]*uint32, n), make([]uint32, n)
			for j := range words {
				words[j] = new(uint32)
			}
			done := make(chan error, 1)
			go func() { done <- FutexWaitMany(words, values, time.Hour) }()
			if err := wakeUntilDone(t, words[i], done); err != nil {
				t.Errorf("word %d of %d: %v", i, n, err)
			}
		}
	}
}

func TestFutexWaitManyByPolling(t *testing.T) {
	polling(t)
	words := []*uint32{new(uint32), new(uint32), new(uint32)}
	values := []uint32{0, 0, 0}

	const d = 50 * time.Millisecond
	begin := time.Now()
	err := unlessWoken(func() error { return FutexWaitMany(words, values, d) })
	if !errors.Is(err, ErrTimeout) || time.Since(begin) < d {
		t.Errorf("timeout: %v after %v of %v", err, time.Since(begin), d)
	}

	// The first word is slept on: a wake-up is enough.
	done := make(chan error, 1)
	go func() { done <- FutexWaitMany(words, values, -1) }()
	must(t, wakeUntilDone(t, words[0], done))

	// The others are looked at: a change is enough.
	go func() { done <- FutexWaitMany(words, values, time.Hour) }()
	atomic.StoreUint32(words[2], 1)
	must(t, <-done)
}
