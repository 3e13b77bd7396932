package nt

import (
	"context"
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// A timerState is what this handle knows about its timer that the kernel does
// not tell.
type timerState struct {
	manual    bool // created so, anonymous
	touched   bool // set or cancelled through this handle; what follows is the last
	cancelled bool
	period    time.Duration
	at        time.Time
}

// The units of the kernel: FILETIME counts 100 ns since 1601, periods are
// milliseconds.
const (
	tick       = 100 * time.Nanosecond
	epoch      = 116444736000000000 // 1970 as a FILETIME
	longPeriod = math.MaxInt32 * time.Millisecond
)

// duration is a time in units of the kernel, as long as one of Go can be.
func duration(ticks int64) time.Duration {
	const most = math.MaxInt64 / int64(tick)
	return time.Duration(min(max(ticks, -most), most)) * tick
}

// Set makes the timer due after a time, and then periodically.
func (t *Timer) Set(after, period time.Duration) error {
	if after < 0 || period < 0 {
		return t.refuse(fmt.Errorf("due after %v, period %v: neither may be negative: %w", after, period, backend.ErrInvalid))
	}
	due := -int64(after / tick)
	if after%tick != 0 {
		due--
	}
	return t.arm(due, period, time.Time{})
}

// SetAt makes the timer due at a time of day, and then periodically.
func (t *Timer) SetAt(at time.Time, period time.Duration) error {
	if period < 0 {
		return t.refuse(fmt.Errorf("a period of %v may not be negative: %w", period, backend.ErrInvalid))
	}
	return t.arm(fileTime(at), period, at)
}

// fileTime is a time of day of the kernel, as far as those go: 0 and less mean
// something else.
func fileTime(at time.Time) int64 {
	const second = int64(time.Second / tick)
	switch s := at.Unix(); {
	case s <= -epoch/second:
		return 1
	case s >= (math.MaxInt64-epoch)/second:
		return math.MaxInt64
	default:
		return epoch + s*second + int64(at.Nanosecond())/int64(tick)
	}
}

// refuse is the error of an operation that is not possible, unless the handle is
// not usable at all.
func (t *Timer) refuse(err error) error {
	return t.using(func(windows.Handle) error { return err })
}

func (t *Timer) arm(due int64, period time.Duration, at time.Time) error {
	if period > longPeriod {
		return t.refuse(fmt.Errorf("a period of %v: Windows has none of more than %v: %w", period, longPeriod, backend.ErrInvalid))
	}
	ms := int32((period + time.Millisecond - 1) / time.Millisecond)
	return t.using(func(h windows.Handle) error {
		if err := win32.SetWaitableTimer(h, due, ms); err != nil {
			return err
		}
		t.note(timerState{touched: true, period: time.Duration(ms) * time.Millisecond, at: at})
		return nil
	})
}

// Cancel makes the timer no longer due. Its signal stays.
func (t *Timer) Cancel() error {
	return t.using(func(h windows.Handle) error {
		if err := win32.CancelWaitableTimer(h); err != nil {
			return err
		}
		t.note(timerState{touched: true, cancelled: true})
		return nil
	})
}

func (t *Timer) note(s timerState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.manual = t.timer.manual
	t.timer = s
}

// Wait blocks until the timer is signalled, and consumes the signal.
func (t *Timer) Wait(ctx context.Context) error { return t.wait(ctx) }

// TryWait consumes the signal if there is one.
func (t *Timer) TryWait() (bool, error) { return t.tryWait() }
