package conformance

import (
	"time"

	"github.com/winsys-go/ipc/internal/win32"
)

func setClock(to time.Time) error { return win32.SetSystemTime(to) }
