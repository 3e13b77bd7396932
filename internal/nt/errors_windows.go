package nt

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// sentinels gives the errors of Win32 the meaning that they have here.
var sentinels = map[syscall.Errno]error{
	windows.ERROR_FILE_NOT_FOUND:       backend.ErrNotExist,
	windows.ERROR_PATH_NOT_FOUND:       backend.ErrNotExist,
	windows.ERROR_INVALID_HANDLE:       backend.ErrWrongType, // of a name: handles are never invalid here
	windows.ERROR_ALREADY_EXISTS:       backend.ErrExist,
	windows.ERROR_ACCESS_DENIED:        backend.ErrPermission,
	windows.ERROR_PRIVILEGE_NOT_HELD:   backend.ErrPermission,
	windows.ERROR_INVALID_NAME:         backend.ErrInvalidName,
	windows.ERROR_BAD_PATHNAME:         backend.ErrInvalidName,
	windows.ERROR_FILENAME_EXCED_RANGE: backend.ErrInvalidName,
	windows.ERROR_INVALID_PARAMETER:    backend.ErrInvalid,
	windows.ERROR_NOT_OWNER:            backend.ErrNotOwner,
	windows.ERROR_TOO_MANY_POSTS:       backend.ErrTooManyPosts,
	windows.ERROR_NOT_ENOUGH_MEMORY:    backend.ErrNoSpace,
	windows.ERROR_NO_SYSTEM_RESOURCES:  backend.ErrNoSpace,
	windows.ERROR_NOT_ENOUGH_QUOTA:     backend.ErrNoSpace,
	windows.ERROR_COMMITMENT_LIMIT:     backend.ErrNoSpace,
}

// wrap puts the sentinel of this project before an error of the system, which
// stays reachable as a syscall.Errno.
func wrap(err error) error {
	var code syscall.Errno
	if !errors.As(err, &code) {
		return err
	}
	if sentinel := sentinels[code]; sentinel != nil {
		return fmt.Errorf("%w: %w", sentinel, err)
	}
	return err
}
