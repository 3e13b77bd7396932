package ntpipe

import (
	"errors"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// lookAgain is how long a client waits at most before it looks by itself. It is
// also how long the kernel keeps a wait that was given up: Wine cannot end it.
const lookAgain = 5 * time.Second

// root is \\.\pipe\ itself, through which clients wait. It is never closed.
var root struct {
	once   sync.Once
	handle windows.Handle
	key    key
	err    error
}

func openRoot() (windows.Handle, key, error) {
	root.once.Do(func() {
		path, err := windows.UTF16PtrFromString(device)
		if err == nil {
			root.handle, err = windows.CreateFile(path, windows.FILE_READ_ATTRIBUTES|windows.SYNCHRONIZE,
				windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
		}
		if err == nil {
			root.key, err = bind(root.handle)
		}
		root.err = err
	})
	return root.handle, root.key, root.err
}

var errGivenUp = errors.New("the wait was given up")

// await waits until an instance of a pipe listens, which is nobody's yet when it
// returns. ERROR_SEM_TIMEOUT says that there was none for so long.
func await(name string, timeout time.Duration, giveUp, closing <-chan struct{}) error {
	h, key, err := openRoot()
	if err != nil {
		return err
	}
	w, err := win32.NewPipeWait(name, timeout)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	var pins runtime.Pinner
	o := &operation{ended: func(err error) {
		pins.Unpin()
		ended <- err
	}}
	pins.Pin(o)
	pins.Pin(&w[0])
	err = key.start(o, func(o *windows.Overlapped) error { return win32.WaitNamedPipe(h, w, o) })
	if err != windows.ERROR_IO_PENDING {
		pins.Unpin()
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-giveUp:
	case <-closing:
	}
	windows.CancelIoEx(h, &o.overlapped)
	return errGivenUp
}

// exists reports whether a pipe has an instance, whatever it is doing.
func exists(name string) bool {
	err := await(name, 1, nil, nil)
	return err == nil || err == windows.ERROR_SEM_TIMEOUT
}
