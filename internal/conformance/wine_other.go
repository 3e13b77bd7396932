//go:build !windows

package conformance

func underWine() bool { return false }
