package ipc

import (
	"context"
	"errors"
)

// A WaitCode is what the wait functions of Win32 return, for ported code and
// for output.
type WaitCode uint32

// The values of Win32.
const (
	WaitObject0      WaitCode = 0x00000000 // WAIT_OBJECT_0
	WaitAbandoned0   WaitCode = 0x00000080 // WAIT_ABANDONED_0
	WaitIOCompletion WaitCode = 0x000000C0 // WAIT_IO_COMPLETION
	WaitTimeout      WaitCode = 0x00000102 // WAIT_TIMEOUT
	WaitFailed       WaitCode = 0xFFFFFFFF // WAIT_FAILED
)

// Infinite is Win32's INFINITE, the timeout that never passes. Here a wait
// without a deadline is one with context.Background().
const Infinite uint32 = 0xFFFFFFFF

// CodeOf gives the code that Win32 would have returned for the results of
// [WaitAny], [WaitAll] or [SignalAndWait]: WaitObject0 + index, WaitAbandoned0 +
// index when a mutex was abandoned, WaitTimeout when a deadline passed,
// WaitFailed otherwise.
func CodeOf(r Result, err error) WaitCode {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return WaitTimeout
	case err != nil:
		return WaitFailed
	case len(r.Abandoned) > 0:
		return WaitAbandoned0 + WaitCode(r.Abandoned[0])
	default:
		return WaitObject0 + WaitCode(r.Index)
	}
}
