//go:build !linux

package ipc_test

import "testing"

// globalDir is empty: elsewhere Global\ is the system's own.
func globalDir(*testing.T) string { return "" }
