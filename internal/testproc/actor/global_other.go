//go:build !linux

package actor

// setGlobalDir does nothing: elsewhere Global\ is the system's.
func setGlobalDir(string) {}
