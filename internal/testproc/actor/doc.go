// Package actor is one vocabulary for whoever uses objects in a test: an Op
// says what to do, a Result what came of it, and an Actor does it, in this
// process (Local) or in a child (Remote). A test that is written in it can
// have its scenes played by goroutines or by processes, by the package or by
// the specification, and puts its questions in one place.
//
// Handles and owners have numbers that the caller gives out; an operation that
// may block is a Call that ends some time.
package actor
