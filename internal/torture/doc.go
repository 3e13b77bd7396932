// Package torture runs eight processes that do everything to all kinds of
// objects at once, kills and stops them at random, and keeps books outside the
// namespace that show, at every checkpoint, whether a signal, a permit or a
// lock was lost or doubled, whether anybody hangs, and whether the next
// operation works.
//
//   - object.go: the objects that are tortured
//   - ledger.go: the books, and what can be concluded from them
//   - worker.go, hand.go, step.go, fly.go: what a process does
//   - killer.go, segment.go: what is done to it
//   - freeze.go, count.go, explain.go: the checkpoints
//   - run.go, end.go: a run, and what it must leave behind
package torture
