// Package conformance is the suite of cases that say what Windows does, for
// any backend that claims the same. Each case has the number of the document
// that it comes from; ids.txt lists them all, and a case that cannot be asked
// here says why in its skip.
//
// A case is a short scene in a small language (case.go, thread.go, expect.go):
// threads T1, T2… act on objects, one step at a time. It does not know whether
// a thread is a goroutine or a process, or whether the objects are the
// package's or the specification's: that is the Backend's affair.
//
// Nothing sleeps to let others get ready: a wait is known to be queued when the
// object says so. That a wait is still blocked is asserted by a short grace.
// Lower bounds of times are tight, upper bounds are generous: only what never
// ends fails.
//
// IPC_CONFORMANCE_REPORT names a file that gets a line for each case, with what
// became of it. IPC_TEST_SET_CLOCK=1 lets the cases that need it set the clock
// of the machine, for some seconds, as root or an administrator.
package conformance
