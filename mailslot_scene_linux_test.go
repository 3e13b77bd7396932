package ipc_test

// slotParent is where the directories of scenes are.
const slotParent = "/dev/shm"

// kernelTells: errors have the code of Windows in them.
const kernelTells = false

// slotAhead is how many messages a writer is not told of, since they were read
// before somebody asked for them.
const slotAhead = 0

// slotDiffers is empty: this system can be asked everything.
func slotDiffers() map[string]string { return nil }
