//go:build !windows

package ipc_test

import (
	"testing"

	"github.com/winsys-go/ipc/internal/conformance"
)

// TestAccessRights lists the cases of access rights, which cannot be asked here.
func TestAccessRights(t *testing.T) { conformance.RunAccessRights(t, nil) }
