package conformance

import "github.com/winsys-go/ipc/internal/testproc/actor"

// A Backend is what the cases are played on, fresh for each of them.
type Backend interface {
	// Process starts a process, or what stands for one here. All processes of
	// a Backend see the same names. The case ends it.
	Process() actor.Actor
	// Leftover lists the objects that exist when all processes have ended.
	Leftover() ([]string, error)
	Traits() Traits
}

// Traits say what a Backend can do, and how it wants the cases to be played.
type Traits struct {
	// Spread makes every thread a process of its own, where the case allows.
	Spread bool
	// Handles makes a thread own its mutexes through handles of its own,
	// not through an Owner. There is no recursion then.
	Handles bool
	// Via makes single waits go through a wait for any or all of one object.
	Via bool

	// Processes tells that processes are real: they have ids and can be killed.
	Processes bool
	// Global tells that names with Global\ are possible.
	Global bool
	// Clock tells that timers follow the clock of the machine.
	Clock bool
	// Differs has the cases that this system cannot be asked, by number, with
	// the reason.
	Differs map[string]string
	// Files is a directory for the files of the scenes.
	Files string
	// NoSecurity tells that security descriptors are refused even on Windows.
	NoSecurity bool
}
