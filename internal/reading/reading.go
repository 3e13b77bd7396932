// Package reading is how a mailslot is read that waits for messages, whatever
// keeps them.
package reading

import (
	"context"
	"errors"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Source is what has messages.
type Source interface {
	// Take takes the next message, into buf or, if it is to be the caller's own,
	// into new memory. Without one it fails with backend.ErrMailslotEmpty. It
	// gives the size of the message also when buf is too short.
	Take(buf []byte, own bool) (int, []byte, error)
	// Wait blocks until there is a message, which somebody else may take then.
	Wait(ctx context.Context) error
}

// Get takes the next message, and waits for it until ctx is done or timeout has
// passed, which is as if there were none: 0 is for ever, a negative time not at
// all.
func Get(ctx context.Context, s Source, timeout time.Duration, buf []byte, own bool) (int, []byte, error) {
	n, message, err := s.Take(buf, own)
	if err == nil || timeout < 0 || !errors.Is(err, backend.ErrMailslotEmpty) {
		return n, message, err
	}
	empty := err
	limited := ctx
	if timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	for {
		if err := s.Wait(limited); err != nil {
			if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
				err = empty
			}
			return 0, nil, err
		}
		if n, message, err := s.Take(buf, own); !errors.Is(err, backend.ErrMailslotEmpty) {
			return n, message, err
		}
	}
}
