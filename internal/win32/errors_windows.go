package win32

import (
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// sentinels gives the errors of Win32 the meaning that they have for objects and
// pipes alike.
var sentinels = map[syscall.Errno]error{
	windows.ERROR_FILE_NOT_FOUND:       backend.ErrNotExist,
	windows.ERROR_PATH_NOT_FOUND:       backend.ErrNotExist,
	windows.ERROR_ACCESS_DENIED:        backend.ErrPermission,
	windows.ERROR_INVALID_NAME:         backend.ErrInvalidName,
	windows.ERROR_BAD_PATHNAME:         backend.ErrInvalidName,
	windows.ERROR_FILENAME_EXCED_RANGE: backend.ErrInvalidName,
	windows.ERROR_INVALID_PARAMETER:    backend.ErrInvalid,
	windows.ERROR_NOT_ENOUGH_MEMORY:    backend.ErrNoSpace,
	windows.ERROR_NO_SYSTEM_RESOURCES:  backend.ErrNoSpace,
	windows.ERROR_NOT_ENOUGH_QUOTA:     backend.ErrNoSpace,
	windows.ERROR_COMMITMENT_LIMIT:     backend.ErrNoSpace,
}

// Sentinel gives the error of this project that an error of Win32 is; nil if it
// has a meaning for some kinds of objects only, or none.
func Sentinel(code syscall.Errno) error { return sentinels[code] }
