package conformance

import (
	"syscall"
	"time"
)

func setClock(to time.Time) error {
	tv := syscall.NsecToTimeval(to.UnixNano())
	return syscall.Settimeofday(&tv)
}
