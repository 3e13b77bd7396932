//go:build !windows

package ipc

import "fmt"

// checkSecurity is the answer to a Security option where the namespace is the
// boundary.
func checkSecurity(security string) error {
	if security == "" {
		return nil
	}
	return fmt.Errorf("%w: Security descriptors exist on Windows only: use a namespace of its own (OpenNamespace) instead", ErrUnsupported)
}
