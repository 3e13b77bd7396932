package sddl

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// Attributes makes the descriptor of a new object from SDDL; nil stands for that
// of the process.
func Attributes(text string) (*windows.SecurityAttributes, error) {
	if text == "" {
		return nil, nil
	}
	descriptor, err := windows.SecurityDescriptorFromString(text)
	if err != nil {
		return nil, fmt.Errorf("the security descriptor %q: %w: %w", text, backend.ErrInvalid, err)
	}
	a := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	a.Length = uint32(unsafe.Sizeof(*a))
	return a, nil
}

// ForPipe is Attributes for a pipe. Without text that is what the kernel gives a pipe
// then, but for everybody and the anonymous user, who it says may read.
func ForPipe(text string) (*windows.SecurityAttributes, error) {
	if text == "" {
		text = "D:" + all("SY") + all("BA") + all(owner)
	}
	return Attributes(text)
}

// owner stands for the owner of the object: the user or, of a process that acts as an
// administrator, the administrators.
const owner = "S-1-3-4"

func all(who string) string { return "(A;;FA;;;" + who + ")" }
