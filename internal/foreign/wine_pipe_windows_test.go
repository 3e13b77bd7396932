package foreign

import (
	"errors"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/win32"
)

// Where Wine answers otherwise about pipes. The package does the same with both,
// so that no case is left out, but for who may connect.

// listen makes an instance of a pipe, which has two at most.
func listen(t *testing.T, name string, flags uint32, sa *windows.SecurityAttributes) (windows.Handle, error) {
	t.Helper()
	h, err := windows.CreateNamedPipe(utf16(t, name), windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED|flags,
		windows.PIPE_TYPE_BYTE, 2, 512, 512, 0, sa)
	if err == nil {
		t.Cleanup(func() { windows.CloseHandle(h) })
	}
	return h, err
}

func connect(t *testing.T, name string) error {
	t.Helper()
	h, err := windows.CreateFile(utf16(t, name), windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, 0, 0)
	if err == nil {
		t.Cleanup(func() { windows.CloseHandle(h) })
	}
	return err
}

func pipeName() string { return `\\.\pipe\` + newName()[len(`Local\`):] }

// TestFirstInstance is why a listener asks whether the pipe exists before it
// makes its first instance: Wine makes one more all the same.
func TestFirstInstance(t *testing.T) {
	name := pipeName()
	if _, err := listen(t, name, windows.FILE_FLAG_FIRST_PIPE_INSTANCE, nil); err != nil {
		t.Fatal(err)
	}
	_, err := listen(t, name, windows.FILE_FLAG_FIRST_PIPE_INSTANCE, nil)
	if testproc.UnderWine() != (err == nil) || err != nil && err != windows.ERROR_ACCESS_DENIED {
		t.Errorf("the second first instance: %v", err)
	}
}

// TestPipeDescriptor is why TestPipeSecurity does not mind who connects: Wine
// keeps the descriptor of a pipe, and does not look at it.
func TestPipeDescriptor(t *testing.T) {
	name := pipeName()
	nobody, err := windows.SecurityDescriptorFromString("D:(D;;GA;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	sa := &windows.SecurityAttributes{SecurityDescriptor: nobody}
	sa.Length = uint32(unsafe.Sizeof(*sa))
	if _, err := listen(t, name, 0, sa); err != nil {
		t.Fatal(err)
	}
	err = connect(t, name)
	if testproc.UnderWine() != (err == nil) || err != nil && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		t.Errorf("connect to a pipe that is nobody's: %v", err)
	}
}

// TestCancelPipeWait is why a client that gives up its wait for an instance does
// not wait for the end of that: Wine does not find it.
func TestCancelPipeWait(t *testing.T) {
	name := pipeName()
	if _, err := listen(t, name, 0, nil); err != nil {
		t.Fatal(err)
	}
	if err := connect(t, name); err != nil {
		t.Fatal(err)
	}
	root, err := windows.CreateFile(utf16(t, `\\.\pipe\`), windows.FILE_READ_ATTRIBUTES|windows.SYNCHRONIZE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(root)
	w, err := win32.NewPipeWait(name[len(`\\.\pipe\`):], time.Second)
	if err != nil {
		t.Fatal(err)
	}
	o := new(windows.Overlapped)
	if err := win32.WaitNamedPipe(root, w, o); err != windows.ERROR_IO_PENDING {
		t.Fatalf("wait for a busy pipe: %v", err)
	}
	err = windows.CancelIoEx(root, o)
	if testproc.UnderWine() != (err == windows.ERROR_NOT_FOUND) {
		t.Errorf("cancel it: %v", err)
	}
	if _, err := windows.WaitForSingleObject(root, 5000); err != nil { // which ends before its buffers do
		t.Error(err)
	}
}
