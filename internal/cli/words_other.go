//go:build !windows

package cli

// What the command says of its system.
const (
	// endKey ends the input at a terminal.
	endKey = "Ctrl-D"
	// permanentHint is a way to have an object stay.
	permanentHint = "; --permanent keeps it without this command"
	// whyNoReclaim says of a semaphore why permits do not come back.
	whyNoReclaim = "was not created by run or with --reclaim"
	// demoPlace says where the objects of the demonstration are.
	demoPlace = "in one piece of memory, %s"
)
