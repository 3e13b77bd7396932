//go:build !windows

package testproc

// UnderWine is false: only what looks like Windows can be Wine.
func UnderWine() bool { return false }
