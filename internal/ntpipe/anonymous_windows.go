package ntpipe

import (
	"crypto/rand"
	"os"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/sddl"
)

// Anonymous makes the ends of a pipe of bytes, r to read, which is the server's, and
// w to write.
func Anonymous() (r, w *os.File, err error) {
	reads, writes, err := anonymous()
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(reads), "|0"), os.NewFile(uintptr(writes), "|1"), nil
}

// anonymous makes a pipe with a name that nobody can guess, as CreatePipe gives it
// one, too, whose ends do not know deadlines.
func anonymous() (reads, writes windows.Handle, err error) {
	security, err := sddl.ForPipe("")
	if err != nil {
		return 0, 0, err
	}
	path, err := windows.UTF16PtrFromString(device + `ipc-anonymous-` + rand.Text())
	if err != nil {
		return 0, 0, err
	}
	reads, err = windows.CreateNamedPipe(path, windows.PIPE_ACCESS_INBOUND|windows.FILE_FLAG_OVERLAPPED|windows.FILE_FLAG_FIRST_PIPE_INSTANCE,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, 1, bufferSize, bufferSize, 0, security)
	if err != nil {
		return 0, 0, wrap(err)
	}
	writes, err = windows.CreateFile(path, windows.GENERIC_WRITE|windows.FILE_READ_ATTRIBUTES, 0, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|windows.SECURITY_ANONYMOUS, 0)
	if err != nil {
		windows.CloseHandle(reads)
		return 0, 0, wrap(err)
	}
	return reads, writes, nil
}
