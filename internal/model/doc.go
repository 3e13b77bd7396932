// Package model says what the objects of this module do: it is their
// specification, in the form of a small sequential program. Whoever wants to
// know what a wait for all does to a mutex whose owner died reads it here.
// Every engine must give the results that it gives, and tests compare them.
//
// # A tour
//
// A [World] holds processes, the handles that they have open, the objects
// behind the handles, and the waits that are blocked. All of it is plain data
// that refers to each other by number, so that a World can be copied with
// Clone, printed, or stored as JSON. Nothing runs by itself: each method is one
// operation of one process, and time passes only in [World.Advance].
//
// Objects (object.go, names.go) are found by name, shared by those who know
// it, and gone with their last handle. There are four kinds:
//
//   - an event (event.go) is set or not;
//   - a semaphore (semaphore.go) counts permits;
//   - a mutex (mutex.go) is free or belongs to somebody, and remembers when he
//     ended without unlocking it;
//   - a timer (timer.go, clock.go) is an event that time sets.
//
// To a wait they differ in two questions only: is this object available to
// whoever asks, and what becomes of it when he takes it. These are available
// and take in wait.go.
//
// A wait (wait.go) names up to 64 objects and wants any or all of them. All
// rules for it follow from one: an operation changes the objects first, and
// then settles. Settling goes through the blocked waits, the longest wait
// first, and grants each one what it wants if that is all there now. So
//
//   - a wait that a Set or Release satisfies has succeeded, and owns what it
//     waited for, before the Set or Release returns: no Reset, no second Set
//     and no third party comes between;
//   - a blocked wait consumes nothing and holds nothing, until it takes
//     everything in one step; a wait for all can be overtaken for ever;
//   - a wait that is cancelled has consumed nothing, or it has succeeded
//     already, in which case cancelling comes too late.
//
// Processes (process.go) may die at any moment between two operations. What
// they held becomes of use to the others: that is where abandoned mutexes come
// from, and reclaimed permits.
//
// # What is left to callers
//
// The model has no timeouts: a wait whose time is over is cancelled by whoever
// counts the time. It has no process that can be waited for: to a wait that is
// a manual-reset event, set when the process has ended. It does not say who may
// open what, since a namespace is open to its users as a whole.
//
// # Where engines may differ
//
// A contended mutex is handed over in the order of the waits here. An engine
// may let an owner that runs take it ahead of one that sleeps, since Win32
// promises no order for mutexes and the hand-over is slow. What one death or
// one closed owner sets free is settled object by object, the oldest first,
// here; an engine may take another order.
package model
