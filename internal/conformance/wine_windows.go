package conformance

import "golang.org/x/sys/windows"

// underWine tells whether what looks like Windows is Wine, where a switch of
// threads takes ten times as long.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}
