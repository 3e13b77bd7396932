package nt

import (
	"cmp"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// sentinels gives the errors of Win32 the meaning that they have for objects alone.
var sentinels = map[syscall.Errno]error{
	windows.ERROR_INVALID_HANDLE:     backend.ErrWrongType, // of a name: handles are never invalid here
	windows.ERROR_ALREADY_EXISTS:     backend.ErrExist,
	windows.ERROR_PRIVILEGE_NOT_HELD: backend.ErrPermission,
	windows.ERROR_NOT_OWNER:          backend.ErrNotOwner,
	windows.ERROR_TOO_MANY_POSTS:     backend.ErrTooManyPosts,
}

// wrap puts the sentinel of this project before an error of the system, which
// stays reachable as a syscall.Errno.
func wrap(err error) error {
	var code syscall.Errno
	if !errors.As(err, &code) {
		return err
	}
	if sentinel := cmp.Or(sentinels[code], win32.Sentinel(code)); sentinel != nil {
		return fmt.Errorf("%w: %w", sentinel, err)
	}
	return err
}
