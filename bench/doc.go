// Command bench measures the library beside what else there is: programs in C,
// Go itself, other Go modules. ./scripts/bench builds and runs it.
//
// It is a module of its own, so that no peer enters the library's go.mod. What
// is measured, how, and against which targets is internal/bench of the library,
// which "ipc bench" runs without peers. Here are the peers:
//
//	baseline/      the programs in C; baseline.go compiles and runs them
//	peers_c.go     which of them stands beside which figure
//	peers_go.go    Go's own and other modules'
//	plot.go        how cost grows, drawn
package main
