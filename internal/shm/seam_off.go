//go:build !ipcseam

package shm

// seam does nothing in ordinary builds, and costs nothing.
func seam() {}
