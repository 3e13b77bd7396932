package ipc_test

import "github.com/winsys-go/ipc"

// slotParent is where the directories of scenes are.
const slotParent = "/dev/shm"

// kernelTells: errors have the code of Windows in them.
const kernelTells = false

// slotDiffers is empty: this system can be asked everything.
func slotDiffers() map[string]string { return nil }

// slotBadSecurity is why a descriptor that is none is refused: every one is.
var slotBadSecurity = ipc.ErrUnsupported

// slotAllocations is how many allocations a message may cost.
func slotAllocations() float64 { return 0 }
