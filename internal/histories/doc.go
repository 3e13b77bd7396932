// Package histories compares an engine with the specification (internal/model)
// by random histories: a few actors do one operation after the other on a few
// objects, and after each of them the model says exactly which blocked waits
// must have ended, with which result, and what every object must look like.
//
// Only one operation is begun at a time, so what must come of it is certain,
// though many waits may be blocked at the same time. Time plays no part: timers
// are due at once or long after the test.
//
// Histories are made by rapid, which shortens one that fails to the operations
// that matter. RAPID_CHECKS says how many are tried.
package histories
