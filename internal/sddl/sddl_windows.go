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
