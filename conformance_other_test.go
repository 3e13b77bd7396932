//go:build !linux && !windows

package ipc_test

import "testing"

// globalDir is empty: elsewhere Global\ is the system's own.
func globalDir(*testing.T) string { return "" }

// differs is empty.
func differs(bool) map[string]string { return nil }
