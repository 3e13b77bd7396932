package actor

import "github.com/winsys-go/ipc/internal/linux"

// setGlobalDir moves the directory of names with Global\. It must come before
// their first use.
func setGlobalDir(dir string) { linux.GlobalDir = dir }
