package testproc

import "syscall"

// UnderWine tells whether what looks like Windows is Wine, where a switch of
// threads takes ten times as long, and some calls answer otherwise.
func UnderWine() bool {
	return syscall.NewLazyDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}
