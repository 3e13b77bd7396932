package ipc_test

import (
	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// slotParent is where the directories of scenes are: where others are, too.
const slotParent = ""

// kernelTells: errors have the code of Windows in them.
const kernelTells = true

// slotDiffers are the cases that Wine answers otherwise than Windows documents,
// with the reason.
func slotDiffers() map[string]string {
	if !testproc.UnderWine() {
		return nil
	}
	return map[string]string{
		"MS-30": "Wine does not tell writers of a maximum, and does not enforce it",
		"MS-36": "Wine tells the reader only",
		"MS-39": slotUndead,
		"MS-40": slotUndead,
	}
}

const slotUndead = "Wine keeps a mailslot and its name while a writer has it open"

// slotBadSecurity is why a descriptor that is none is refused.
var slotBadSecurity = ipc.ErrInvalid

// slotAllocations is how many allocations a message may cost. In Wine 8.0 a thread
// reads it, which keeps a copy.
func slotAllocations() float64 {
	if testproc.UnderWine() {
		return 2
	}
	return 0
}
