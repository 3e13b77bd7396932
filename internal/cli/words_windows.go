package cli

// What the command says of its system.
const (
	// endKey ends the input at a terminal.
	endKey = "Ctrl-Z, Enter"
	// permanentHint is a way to have an object stay: there is none.
	permanentHint = ""
	// whyNoReclaim says of a semaphore why permits do not come back.
	whyNoReclaim = "does not take permits back, as none does on Windows"
	// demoPlace says where the objects of the demonstration are.
	demoPlace = "in the kernel, with names of their own for %s"
)
