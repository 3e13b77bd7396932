package ipc_test

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// readsAhead: what was looked at by Peek is still the kernel's.
const readsAhead = false

// manyGifts are nearly as many as a child can have.
const manyGifts = 500

// halfStarts: a process whose parent is killed in the midst of starting it is there
// for ever, suspended.
const halfStarts = true

// What this process keeps of an object that a child has taken, and whether a child
// has it when this process ends before.
const (
	keptHere = 1
	survives = true
)

// inheritable looks for what children of this process would inherit beside its
// standard files.
func inheritable() error {
	for h := windows.Handle(4); h < 0x4000; h += 4 {
		flags, err := win32.GetHandleInformation(h)
		standard := h == windows.Handle(windows.Stdin) || h == windows.Stdout || h == windows.Stderr || h == windows.Handle(os.Stderr.Fd())
		if err == nil && flags&windows.HANDLE_FLAG_INHERIT != 0 && !standard {
			kind, _ := win32.QueryObjectType(h)
			return fmt.Errorf("handle %#x of the type %q", h, kind)
		}
	}
	return nil
}
