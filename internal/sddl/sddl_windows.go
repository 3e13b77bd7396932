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
	return attributes(descriptor), nil
}

func attributes(d *windows.SECURITY_DESCRIPTOR) *windows.SecurityAttributes {
	a := &windows.SecurityAttributes{SecurityDescriptor: d}
	a.Length = uint32(unsafe.Sizeof(*a))
	return a
}

// ForPipe is Attributes for a pipe. Without text that is what other objects get from
// the kernel: pipes get a descriptor that lets everybody read.
func ForPipe(text string) (*windows.SecurityAttributes, error) {
	if text != "" {
		return Attributes(text)
	}
	list, err := defaultList()
	if list == nil || err != nil { // no list would admit everybody to everything
		return nil, err
	}
	d, err := windows.NewSecurityDescriptor()
	if err != nil {
		return nil, err
	}
	if err := d.SetDACL(list, true, false); err != nil {
		return nil, err
	}
	d, err = d.ToSelfRelative()
	if err != nil {
		return nil, err
	}
	return attributes(d), nil
}

// defaultList gives the list of those whom new objects of this process admit; nil if
// it has none.
func defaultList() (*windows.ACL, error) {
	token := windows.GetCurrentProcessToken()
	var size uint32
	err := windows.GetTokenInformation(token, windows.TokenDefaultDacl, nil, 0, &size)
	if err != windows.ERROR_INSUFFICIENT_BUFFER {
		return nil, err
	}
	buf := make([]uint64, (size+7)/8) // for a pointer, and what it points to
	err = windows.GetTokenInformation(token, windows.TokenDefaultDacl, (*byte)(unsafe.Pointer(&buf[0])), uint32(8*len(buf)), &size)
	if err != nil {
		return nil, err
	}
	return *(**windows.ACL)(unsafe.Pointer(&buf[0])), nil
}
