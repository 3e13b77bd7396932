package nt

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// A MailslotWriter is an end of a mailslot that writes.
type MailslotWriter struct {
	Object
	max     int64  // bytes of a message; 0: no limit, or not told
	written uint32 // where the kernel puts what nobody looks at: a message is sent as a whole
}

var _ backend.MailslotSender = (*MailslotWriter)(nil)

// OpenMailslot makes w a writer of the mailslot that has the name.
func (n *Namespace) OpenMailslot(w *MailslotWriter, name string) error {
	h, err := openWriter(n.mailslotName(name))
	if err != nil {
		return wrap(err)
	}
	var told win32.MailslotInfo
	if win32.GetMailslotInfo(h, &told) == nil {
		w.max = maxMessage(told.MaxMessage)
	}
	return n.bind(&w.Object, h, &backend.Spec{Kind: backend.Mailslot, Name: name}, "", true)
}

func openWriter(name string) (windows.Handle, error) {
	path, err := windows.UTF16PtrFromString(mailslotFiles + name)
	if err != nil {
		return 0, err
	}
	return windows.CreateFile(path, windows.GENERIC_WRITE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
}

// maxMessage is the limit of a mailslot that the kernel tells; 0 for none.
func maxMessage(told uint32) int64 {
	const unlimited = 0xFFFFFFFF
	if told == unlimited {
		return 0
	}
	return int64(told)
}

// Put sends a message. There is always room for it.
func (w *MailslotWriter) Put(_ context.Context, message []byte) error { return w.TryPut(message) }

// TryPut sends a message.
func (w *MailslotWriter) TryPut(message []byte) error {
	if err := w.use(); err != nil {
		return err
	}
	defer w.unuse()
	if w.max != 0 && int64(len(message)) > w.max {
		return fmt.Errorf("%w: it has %d bytes, the mailslot takes %d: send less, or create it with a larger MaxMessageSize: %w",
			backend.ErrMessageTooBig, len(message), w.max, windows.ERROR_INVALID_PARAMETER)
	}
	return writeError(windows.WriteFile(w.handle, message, &w.written, nil), len(message))
}

// writeError says what became of a message.
func writeError(err error, size int) error {
	switch err {
	case nil:
		return nil
	case windows.ERROR_HANDLE_EOF, windows.ERROR_BROKEN_PIPE, windows.ERROR_NO_DATA, windows.ERROR_FILE_INVALID, windows.ERROR_INVALID_HANDLE:
		return fmt.Errorf("%w: the mailslot's reader has closed it or ended: open it again when there is another: %w", backend.ErrNotExist, err)
	case windows.ERROR_INVALID_PARAMETER, windows.ERROR_GEN_FAILURE:
		return fmt.Errorf("%w: the system does not take %d bytes: %w", backend.ErrMessageTooBig, size, err)
	}
	return wrap(err)
}

// Info describes the mailslot, as far as those who write are told. The message
// that has just ended a wait of the reader is not among them.
func (w *MailslotWriter) Info() (backend.Info, error) {
	if err := w.use(); err != nil {
		return backend.Info{}, err
	}
	defer w.unuse()
	var told win32.MailslotInfo
	err := win32.GetMailslotInfo(w.handle, &told)
	switch err {
	case nil:
	case windows.ERROR_INVALID_PARAMETER, windows.ERROR_INVALID_HANDLE, windows.ERROR_INVALID_FUNCTION:
		return backend.Info{}, fmt.Errorf("%w: this system tells it to the reader only: %w", backend.ErrUnsupported, err)
	default:
		return backend.Info{}, writeError(err, 0)
	}
	return backend.Info{
		Kind: w.kind, Name: w.name, Signaled: told.Count > 0, Handles: 1,
		Mailslot: &backend.MailslotInfo{MaxMessage: maxMessage(told.MaxMessage), Next: -1, Messages: int(told.Count), Bytes: -1},
	}, nil
}
