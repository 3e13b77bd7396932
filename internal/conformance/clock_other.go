//go:build !linux && !windows

package conformance

import (
	"errors"
	"time"
)

func setClock(time.Time) error { return errors.ErrUnsupported }
